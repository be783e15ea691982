"""How a deployment came to its live version: changes under way and past, and who was served by what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from models_registry.domain.promotion import OVER, SENTENCES, PromotionState
from models_registry.models import Deployment, Promotion, Service
from stores.models import Store

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Change:
    """One promotion; its sentence is marked for translation, and the newest that is live may be undone."""

    row: Promotion
    sentence: str
    may_go_back: bool

    @property
    def is_open(self) -> bool:
        return self.row.state not in OVER

    @property
    def may_be_cancelled(self) -> bool:
        return self.row.state in {PromotionState.ASKED, PromotionState.STARTING}


def changes_of(deployment: Deployment) -> list[Change]:
    """Return the newest changes of a deployment's version, the one under way first; one query."""
    rows = Promotion.objects.filter(deployment=deployment).select_related(
        "old_version", "new_version__project", "author", "approver"
    )
    newest = list(rows.order_by("-created_at", "-pk")[:SHOWN])
    return [
        Change(row, SENTENCES.get(row.why, ""), _may_go_back(row, deployment, is_newest=place == 0))
        for place, row in enumerate(newest)
    ]


def _may_go_back(row: Promotion, deployment: Deployment, *, is_newest: bool) -> bool:
    is_over = row.state in {PromotionState.DONE, PromotionState.SWITCHED}
    is_usable = row.old_version.gone_at is None
    return is_newest and is_over and is_usable and deployment.live_version_id == row.new_version_id


def promotion_by_id(pk: int) -> Promotion | None:
    """Return a promotion with its deployment and versions; one query."""
    rows = Promotion.objects.select_related("deployment__connection", "old_version", "new_version")
    return rows.filter(pk=pk).first()


def services_of(stores: QuerySet[Store], deployment: Deployment, *, at: datetime) -> QuerySet[Service]:
    """Return which version served which of a deployment's stores from when to when, newest first."""
    rows = Service.objects.filter(store__in=stores, deployment=deployment, starts_at__lte=at)
    return rows.select_related("store", "version", "promotion__author").order_by(
        "-starts_at", "store__code", "pk"
    )
