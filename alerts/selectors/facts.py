"""The facts that alerts are made of, read from what the other apps keep in a bounded number of queries."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from alerts.domain.aws_watch import MeterFacts
from alerts.domain.keys_watch import KeyFacts
from alerts.domain.models_watch import ConnectionFacts, ModelFacts
from alerts.domain.photos import PhotoFacts
from alerts.domain.quota import Peak, peak_of
from detections.domain.health import Health
from detections.domain.localhours import HOUR, floor_hour
from detections.models import ApiKey, KeyAddress
from detections.selectors.health import counts_of, with_histograms
from models_registry.domain.lead import WINDOW, usual_start_seconds
from models_registry.domain.lifecycle import Problem
from models_registry.domain.metering import DIFFERS
from models_registry.domain.planning import deployment_windows
from models_registry.models import Assignment, Connection, Deployment, DeploymentState, Trouble
from models_registry.selectors.plans import LEAD_HISTORY, observed_starts, plans_of_deployments
from stores.domain.control import STARTING_MODES
from stores.domain.localtime import to_seconds
from stores.models import Store

DAY_AHEAD = timedelta(hours=36)
"""Far enough that tomorrow morning is seen from this morning on."""
LATELY = timedelta(days=1)
LIVE = "deployment__live_version__"


def model_facts(*, at: datetime) -> list[ModelFacts]:
    """Return the deployments that are not simply as they should be; one query, two where some start."""
    waits = Q(is_wanted=True) & (Q(**{f"{LIVE}isnull": True}) | ~Q(**{f"{LIVE}status": "RUNNING"}))
    lingers = Q(is_wanted=False, **{f"{LIVE}status": "RUNNING"})
    rows = list(
        DeploymentState.objects.filter(waits | lingers | ~Q(problems=[]))
        .filter(deployment__connection__is_active=True, store_count__gt=0)
        .order_by("deployment_id")
        .values_list(
            "deployment_id", "deployment__connection_id", f"{LIVE}status", f"{LIVE}status_since",
            "is_wanted", "may_start", "may_stop", "is_dry_run", "opens_at", "problems", "store_count",
        )
    )  # fmt: skip
    waiting = [row[0] for row in rows if row[4]]
    starts = observed_starts(waiting, since=at - LEAD_HISTORY) if waiting else {}
    return [_model(row, starts.get(row[0], [])) for row in rows]


def _model(row: tuple[Any, ...], starts: list[float]) -> ModelFacts:
    usual, slow = usual_start_seconds(starts), _slow_start_seconds(starts)
    return ModelFacts(*row)._replace(
        status=row[2] or "",
        problems=tuple(row[9]),
        usual=timedelta(seconds=usual) if usual else None,
        slow=timedelta(seconds=slow) if slow else None,
    )


def _slow_start_seconds(starts: Sequence[float]) -> float | None:
    """Return what all but one in twenty of the newest starts took at most."""
    newest = sorted(starts[-WINDOW:])
    return newest[math.ceil(0.95 * len(newest)) - 1] if newest else None


def connection_facts() -> list[ConnectionFacts]:
    """Return the accounts that fail; one query."""
    rows = Connection.objects.filter(is_active=True).exclude(error_code="").order_by("id")
    return [ConnectionFacts(*row) for row in rows.values_list("pk", "error_code", "failing_since")]


def orphan_facts() -> list[tuple[int, int, datetime]]:
    """Return the models that run and belong to nobody: version, account, since; one query."""
    rows = Trouble.objects.filter(code=Problem.ORPHAN, closed_at__isnull=True, version__isnull=False)
    return list(rows.order_by("id").values_list("version_id", "version__project__connection_id", "opened_at"))


def meter_facts() -> list[MeterFacts]:
    """Return the versions that CloudWatch counted otherwise than the ledger; one query."""
    rows = Trouble.objects.filter(code=DIFFERS, closed_at__isnull=True, version__isnull=False)
    found = rows.order_by("id").values_list(
        "version_id", "version__project__connection_id", "params", "opened_at"
    )
    return [
        MeterFacts(version, connection, said["cause"], said["billed"], said["metered"], since)
        for version, connection, said, since in found
    ]


def quota_facts(*, at: datetime) -> dict[int, tuple[Peak, int]]:
    """Return each account's peak of wanted models in the next 36 hours, and its quota; nine queries."""
    bounds = to_seconds(at), to_seconds(at + DAY_AHEAD)
    limits = dict(Connection.objects.filter(is_active=True).values_list("pk", "max_running_models"))
    deployments = {
        each.pk: each
        for each in Deployment.objects.filter(connection_id__in=limits, live_version__isnull=False)
    }
    windows: dict[int, list[list[tuple[int, int]]]] = {pk: [] for pk in limits}
    for pk, plan in plans_of_deployments(deployments.values(), bounds).items():
        if any(each.need.control in STARTING_MODES for each in plan.plans):
            spans = deployment_windows(plan.plans, plan.overrides, bounds)
            windows[deployments[pk].connection_id].append(spans)
    return {pk: (peak_of(spans), limits[pk]) for pk, spans in windows.items()}


def photo_facts(*, at: datetime) -> list[PhotoFacts]:
    """Return the counts of stores with photos in this hour and the one before; three queries at most."""
    since = floor_hour(at) - HOUR
    counts = counts_of(Store.objects.all(), since=since)
    failing = [pk for pk, health in counts.items() if health.failed]
    told = with_histograms(counts, failing, since=since) if failing else {}
    rows = Assignment.objects.filter(store_id__in=counts).order_by("id")
    accounts = dict(rows.values_list("store_id", "deployment__connection_id"))
    return [
        PhotoFacts(
            pk, accounts.get(pk, 0), health.answered, health.failed, health.slow, _commonest(told.get(pk))
        )
        for pk, health in sorted(counts.items())
    ]


def _commonest(health: Health | None) -> str:
    """Return the outcome that most photos without an answer had: a cause that stores can share."""
    if health is None or not health.errors:
        return ""
    return min(health.errors, key=lambda name: (-health.errors[name], name)).partition(":")[0]


def key_facts(*, at: datetime) -> list[KeyFacts]:
    """Return the keys that open the door, and ended ones that were tried lately; two queries."""
    tried: dict[int, list[KeyAddress]] = {}
    for row in KeyAddress.objects.filter(last_at__gt=at - LATELY).order_by("id"):
        tried.setdefault(row.key_id, []).append(row)
    is_alive = Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=at))
    keys = ApiKey.objects.filter(is_alive | Q(pk__in=tried)).order_by("id")
    return [_key(key, tried.get(key.pk, []), at) for key in keys]


def _key(key: ApiKey, tried: list[KeyAddress], at: datetime) -> KeyFacts:
    ends = [each for each in (key.revoked_at, key.expires_at) if each is not None]
    return KeyFacts(
        key.pk,
        is_alive=not ends or min(ends) > at,
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        addresses=tuple(row.address for row in tried if row.refused_at is None),
        was_refused=any(row.refused_at is not None and row.refused_at > at - LATELY for row in tried),
    )
