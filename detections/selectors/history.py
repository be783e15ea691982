"""The log as a person reads it: filtered, a page at a time by key; no COUNT, no OFFSET."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite

from django.db.models import Q, QuerySet

from detections.domain.outcomes import SHOWN, Fate
from detections.models import DetectedLabel, Detection
from detections.selectors.photos import HistoryFilter, Order, photos
from portal.base.errors import InvalidInput
from stores.models import Store

PAGE = 60
INCOMPLETE = "This page's address is not complete. Go back to the newest photos."


class BadCursor(InvalidInput):
    """The page's address was changed by hand."""

    code = "bad_cursor"


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A photo with what was accepted and what nearly was."""

    detection: Detection
    accepted: list[tuple[str, int]] = field(default_factory=list)
    close: list[tuple[str, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Photos in the order asked for, and the cursor of the next page."""

    rows: list[HistoryRow]
    after: str


def history_page(stores: QuerySet[Store], chosen: HistoryFilter, *, after: str) -> HistoryPage:
    """Return a page of the photos of some stores, beginning after the cursor. At most four queries."""
    page, cursor = page_after(photos(stores, chosen), chosen.order, after, PAGE)
    return HistoryPage(rows_of(page), cursor)


def page_after(
    found: QuerySet[Detection], order: Order, after: str, size: int
) -> tuple[list[Detection], str]:
    """Return up to `size` photos after a cursor, and the cursor of what follows them; one query."""
    if after:
        found = found.filter(_beyond(order, after))
    page = list(found[: size + 1])
    return page[:size], _cursor(order, page[size - 1]) if len(page) > size else ""


def rows_of(page: Iterable[Detection]) -> list[HistoryRow]:
    """Return photos with what was accepted and what nearly was; one query."""
    rows = {detection.pk: HistoryRow(detection) for detection in page}
    accepted: dict[int, Counter[str]] = {pk: Counter() for pk in rows}
    shown = DetectedLabel.objects.filter(detection__in=rows, fate__in=sorted(SHOWN)).order_by("id")
    for pk, label, fate, confidence in shown.values_list("detection_id", "label__name", "fate", "confidence"):
        if fate == Fate.ACCEPTED:
            accepted[pk][label] += 1
        else:
            rows[pk].close.append((label, confidence))
    for pk, counts in accepted.items():
        rows[pk].accepted.extend(counts.items())
    return list(rows.values())


def neighbours(stores: QuerySet[Store], detection: Detection) -> tuple[int | None, int | None]:
    """Return the photos of the same store just before and just after; two queries."""
    same = Detection.objects.filter(store_id=detection.store_id, store__in=stores)
    at, pk = detection.taken_at, detection.pk
    older = same.filter(Q(taken_at__lt=at) | Q(taken_at=at, pk__lt=pk), taken_at__lte=at)
    newer = same.filter(Q(taken_at__gt=at) | Q(taken_at=at, pk__gt=pk), taken_at__gte=at)
    return (
        older.order_by("-taken_at", "-id").values_list("pk", flat=True).first(),
        newer.order_by("taken_at", "id").values_list("pk", flat=True).first(),
    )


def photo(stores: QuerySet[Store], pk: int) -> Detection | None:
    """Return one photo of these stores with all that its page names; one query."""
    named = ("store", "deployment__connection", "version__project", "threshold_set", "api_key")
    return Detection.objects.filter(pk=pk, store__in=stores).select_related(*named).first()


def box_of(detection: Detection, pk: int) -> DetectedLabel | None:
    """Return one box of a photo; one query."""
    rows = DetectedLabel.objects.filter(detection=detection, pk=pk, left__isnull=False)
    return rows.select_related("label").first()


def _cursor(order: Order, last: Detection) -> str:
    cursor = f"{last.taken_at.isoformat()}_{last.pk}"
    if order is Order.RISK:
        return f"{last.risk}_{last.smallest_margin!r}_{cursor}"
    return f"{last.smallest_margin!r}_{cursor}" if order is Order.NEAREST else cursor


def _beyond(order: Order, cursor: str) -> Q:
    """Return what comes after a cursor; raise BadCursor for one that is not of this order."""
    risk, _, cursor = cursor.partition("_") if order is Order.RISK else ("", "", cursor)
    margin, _, rest = cursor.partition("_") if order is not Order.NEWEST else ("", "", cursor)
    taken_at, pk = _read(rest)
    older = Q(taken_at__lt=taken_at) | Q(taken_at=taken_at, pk__lt=pk)
    if order is Order.NEWEST:
        return older & Q(taken_at__lte=taken_at)
    try:
        near = float(margin)
    except ValueError as error:
        raise BadCursor(INCOMPLETE) from error
    if not isfinite(near):
        raise BadCursor(INCOMPLETE)
    further = Q(smallest_margin__gte=near) & (Q(smallest_margin__gt=near) | (Q(smallest_margin=near) & older))
    if order is Order.NEAREST:
        return further
    if not risk.isdecimal() or len(risk) > 4:
        raise BadCursor(INCOMPLETE)
    return Q(risk__gte=int(risk)) & (Q(risk__gt=int(risk)) | (Q(risk=int(risk)) & further))


def _read(cursor: str) -> tuple[datetime, int]:
    text, _, number = cursor.rpartition("_")
    try:
        taken_at, pk = datetime.fromisoformat(text).astimezone(UTC), int(number)
        has_zone = datetime.fromisoformat(text).tzinfo is not None
    except (OverflowError, ValueError) as error:
        raise BadCursor(INCOMPLETE) from error
    if not has_zone or not 0 < pk < 2**63:
        raise BadCursor(INCOMPLETE)
    return taken_at, pk
