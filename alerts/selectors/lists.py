"""The lists of alerts: what is open, worst first, and what was, newest first, a page at a time by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext

from alerts.domain.kinds import Kind, Severity
from alerts.models import Alert
from alerts.models.alert import OPEN
from portal.base.errors import InvalidInput
from stores.models import Area, Store

PAGE = 50
WORST_FIRST = Case(
    *(When(severity=each.value, then=Value(-each.rank)) for each in Severity), output_field=IntegerField()
)


class BadCursor(InvalidInput):
    """The page's address was changed by hand."""

    code = "bad_cursor"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which alerts to show."""

    kind: Kind | None = None
    severity: Severity | None = None
    store: Store | None = None
    area: Area | None = None
    group: str = ""
    is_mine: bool = False
    user_id: int = 0


@dataclass(frozen=True, slots=True)
class AlertPage:
    """One page, and the cursor of the next."""

    rows: Sequence[Alert]
    after: str


def chosen_alerts(alerts: QuerySet[Alert], chosen: Chosen) -> QuerySet[Alert]:
    """Return the alerts that match."""
    if chosen.kind is not None:
        alerts = alerts.filter(kind=chosen.kind.value)
    if chosen.severity is not None:
        alerts = alerts.filter(severity=chosen.severity.value)
    if chosen.store is not None:
        alerts = alerts.filter(
            Q(store=chosen.store) | Q(deployment__in=chosen.store.deployments.values("pk"))
        )
    if chosen.area is not None:
        stores = chosen.area.stores.values("pk")
        of_stores = Q(store__in=stores) | Q(deployment__assignments__store__in=stores)
        alerts = alerts.filter(Q(area=chosen.area) | of_stores).distinct()
    if chosen.group:
        alerts = alerts.filter(group=chosen.group)
    if chosen.is_mine:
        alerts = alerts.filter(acknowledged_by_id=chosen.user_id)
    return alerts


def open_page(alerts: QuerySet[Alert], *, after: str) -> AlertPage:
    """Return a page of open alerts, the worst first, then the newest; one query."""
    rows = alerts.filter(OPEN).annotate(worst=WORST_FIRST).select_related("acknowledged_by")
    cursor = _read(after, 3)
    if cursor:
        worst, at, pk = int(cursor[0]), datetime.fromisoformat(cursor[1]), int(cursor[2])
        later = Q(worst=worst) & (Q(rang_at__lt=at) | Q(rang_at=at, pk__lt=pk))
        rows = rows.filter(Q(worst__gt=worst) | later)
    found = list(rows.order_by("worst", "-rang_at", "-id")[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    more = f"{last.worst}~{last.rang_at.isoformat()}~{last.pk}" if last and last.rang_at else ""
    return AlertPage(found[:PAGE], more)


def past_page(alerts: QuerySet[Alert], *, after: str) -> AlertPage:
    """Return a page of alerts that are over, the newest first; one query."""
    rows = alerts.filter(ended_at__isnull=False).select_related("acknowledged_by")
    cursor = _read(after, 2)
    if cursor:
        at, pk = datetime.fromisoformat(cursor[0]), int(cursor[1])
        rows = rows.filter(rang_at__lte=at).filter(Q(rang_at__lt=at) | Q(pk__lt=pk))
    found = list(rows.order_by("-rang_at", "-id")[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    more = f"{last.rang_at.isoformat()}~{last.pk}" if last and last.rang_at else ""
    return AlertPage(found[:PAGE], more)


def _read(after: str, parts: int) -> list[str]:
    """Return the parts of a cursor: numbers, and an instant as the last but one; none for the first page."""
    if not after:
        return []
    found = after.split("~")
    try:
        if len(found) != parts or datetime.fromisoformat(found[-2]).tzinfo is None:
            raise ValueError(after)
        int(found[-1])
        if parts == len(("worst", "at", "pk")):
            int(found[0])
    except ValueError as error:
        raise BadCursor(gettext("This page cannot be found. Begin again from the first one.")) from error
    return found


@dataclass(frozen=True, slots=True)
class OpenCount:
    """What the bell says: how many are open, and how bad the worst is."""

    count: int
    worst: Severity | None


def open_count(alerts: QuerySet[Alert]) -> OpenCount:
    """Count open alerts that nobody has taken on; one query on a partial index."""
    rows = alerts.filter(OPEN, acknowledged_at__isnull=True).order_by().values("severity")
    counts = dict(rows.annotate(count=Count("pk")).values_list("severity", "count"))
    worst = max((Severity(each) for each in counts), key=lambda each: each.rank, default=None)
    return OpenCount(sum(counts.values()), worst)
