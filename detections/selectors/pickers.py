"""What a person may choose from in the history's filters."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from detections.models import Review, ReviewAssignment
from models_registry.models import Deployment, ModelVersion, RunNeed
from portal.base.models import User
from stores.models import Store

MOST_LISTED = 500
"""Newest first; an older one is still taken from an address."""

Choice = tuple[Any, Any]


def deployment_choices(stores: QuerySet[Store], named: str) -> list[Choice]:
    """Return the deployments that serve these stores, by name; at most two queries."""
    found = Deployment.objects.all()
    if stores.query.where:
        found = found.filter(Exists(Store.objects.filter(deployments=OuterRef("pk"), pk__in=stores)))
    rows = _newest(found.values_list("pk", "name"), named)
    return sorted(rows, key=itemgetter(1))


def version_choices(stores: QuerySet[Store], named: str) -> list[Choice]:
    """Return the versions that serve or once ran for these stores, grouped by project; at most two queries.

    A live one is told with its deployment.
    """
    found = ModelVersion.objects.all()
    if stores.query.where:
        serves = Exists(Store.objects.filter(deployments__live_version=OuterRef("pk"), pk__in=stores))
        ran = Exists(RunNeed.objects.filter(run__version=OuterRef("pk"), store__in=stores))
        found = found.filter(Q(serves) | Q(ran))
    rows = _newest(found.values_list("pk", "project__name", "name", "deployment__name"), named)
    rows.sort(key=itemgetter(1))
    return [
        (project, [(pk, f"{name} – {serves}" if serves else name) for pk, _, name, serves in versions])
        for project, versions in groupby(rows, key=itemgetter(1))
    ]


def _newest(found: QuerySet[Any, Any], named: str) -> list[Any]:
    """Return the newest, and the one that the address names wherever it stands."""
    rows = list(found.order_by("-pk")[:MOST_LISTED])
    is_older = len(rows) == MOST_LISTED and named.isascii() and named.isdigit() and len(named) < 19
    if is_older and not any(row[0] == int(named) for row in rows):
        rows += found.filter(pk=int(named))
    return rows


def reviewer_choices() -> list[Choice]:
    """Return who has reviewed anything or is asked to; one query along the indexes on people."""
    has_reviewed = Exists(Review.objects.filter(reviewer=OuterRef("pk")))
    is_asked = Exists(ReviewAssignment.objects.filter(reviewer=OuterRef("pk")))
    people = User.objects.filter(Q(has_reviewed) | Q(is_asked))
    return list(people.order_by("username").values_list("pk", "username"))
