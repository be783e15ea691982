"""The log as a person reads it: filtered, a page at a time by key; no COUNT, no OFFSET.

A filter by label walks the label's own index; every other one walks an index that begins with the filter
and ends with the order of the list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from enum import StrEnum
from math import isfinite
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncTime

from detections.domain.outcomes import FAILURES, SHOWN, Fate
from detections.models import DetectedLabel, Detection, Label
from portal.base.errors import InvalidInput
from stores.models import Store

PAGE = 60
INCOMPLETE = "This page's address is not complete. Go back to the newest photos."


class BadCursor(InvalidInput):
    """The page's address was changed by hand."""

    code = "bad_cursor"


class Kind(StrEnum):
    """What a list is narrowed to with one choice."""

    ANSWERED = "answered"
    NEAR_MISS = "near_miss"
    ASK = "ask"
    CORRECTED = "corrected"
    WAITING = "waiting"
    FAILED = "failed"


class Order(StrEnum):
    """Which photo comes first; by nearness, photos without any shown box are left out."""

    NEWEST = "newest"
    NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which photos to show. Confidences and distances are percentages, instants and times half-open.

    Times of day are on the clock of `timezone`; from a later one to an earlier one crosses midnight.
    """

    store: str = ""
    area: int | None = None
    kind: Kind | None = None
    outcome: str = ""
    source: str = ""
    label: str = ""
    confidence_from: float | None = None
    confidence_to: float | None = None
    margin_to: float | None = None
    deployment: int | None = None
    version: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    time_from: time | None = None
    time_to: time | None = None
    timezone: str = "UTC"
    order: Order = Order.NEWEST


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
    found = photos(stores, chosen)
    if after:
        found = found.filter(_beyond(chosen.order, after))
    page = list(found[: PAGE + 1])
    cursor = _cursor(chosen.order, page[PAGE - 1]) if len(page) > PAGE else ""
    return HistoryPage(_rows(page[:PAGE]), cursor)


def photos(stores: QuerySet[Store], chosen: HistoryFilter) -> QuerySet[Detection]:
    """Return the photos that match, in the order asked for; not yet evaluated."""
    found = Detection.objects.select_related("store", "version", "deployment")
    if stores.query.where:
        found = found.filter(store__in=stores)
    if chosen.store:
        found = found.filter(store__in=stores.filter(code=chosen.store))
    if chosen.area is not None:
        found = found.filter(store__in=stores.filter(area_id=chosen.area))
    found = found.filter(_of_kind(chosen.kind))
    for name in ("outcome", "source"):
        if value := getattr(chosen, name):
            found = found.filter(**{name: value})
    for path, number in (("deployment_id", chosen.deployment), ("version_id", chosen.version)):
        if number is not None:
            found = found.filter(**{path: number})
    found = _at_times(found, chosen)
    if chosen.margin_to is not None:
        found = found.filter(smallest_margin__lte=chosen.margin_to)
    found = _with_label(found, chosen)
    if chosen.order is Order.NEAREST:
        return found.filter(smallest_margin__isnull=False).order_by("smallest_margin", "-taken_at", "-id")
    return found.order_by("-taken_at", "-id")


def _at_times(found: QuerySet[Detection], chosen: HistoryFilter) -> QuerySet[Detection]:
    """Narrow to a span of instants and, on the clock of the zone, to a part of the day."""
    if chosen.since is not None:
        found = found.filter(taken_at__gte=chosen.since)
    if chosen.until is not None:
        found = found.filter(taken_at__lt=chosen.until)
    first, last = chosen.time_from, chosen.time_to
    if first is None and last is None:
        return found
    found = found.alias(local_time=TruncTime("taken_at", tzinfo=ZoneInfo(chosen.timezone)))
    later = Q() if first is None else Q(local_time__gte=first)
    earlier = Q() if last is None else Q(local_time__lt=last)
    crosses = first is not None and last is not None and last <= first
    return found.filter(later | earlier if crosses else later & earlier)


def has_label(name: str) -> bool:
    """Tell whether any model has ever named this bread; one query."""
    return Label.objects.filter(name=name).exists()


def _of_kind(kind: Kind | None) -> Q:
    match kind:
        case Kind.ANSWERED:
            return Q(outcome="ANSWERED")
        case Kind.NEAR_MISS:
            return Q(near_miss_count__gt=0)
        case Kind.ASK:
            return Q(ask_count__gt=0)
        case Kind.CORRECTED:
            return Q(is_corrected=True)
        case Kind.WAITING:
            return Q(outcome="WAITING")
        case Kind.FAILED:
            return Q(outcome__in=sorted(FAILURES))
        case None:
            return Q()


def _with_label(found: QuerySet[Detection], chosen: HistoryFilter) -> QuerySet[Detection]:
    """Narrow to photos on which a label was shown; a band of confidence also finds hidden boxes."""
    has_band = chosen.confidence_from is not None or chosen.confidence_to is not None
    if not chosen.label and not has_band:
        return found
    boxes = DetectedLabel.objects.filter(detection=OuterRef("pk"))
    if chosen.label:
        known = Label.objects.filter(name=chosen.label).values_list("pk", flat=True).first()
        if known is None:
            return found.none()
        boxes = boxes.filter(label_id=known)
    if not has_band:
        boxes = boxes.filter(fate__in=sorted(SHOWN))
    if chosen.confidence_from is not None:
        boxes = boxes.filter(confidence__gte=chosen.confidence_from)
    if chosen.confidence_to is not None:
        boxes = boxes.filter(confidence__lte=chosen.confidence_to)
    return found.filter(Exists(boxes))


def _rows(page: Iterable[Detection]) -> list[HistoryRow]:
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


def history_rows(stores: QuerySet[Store], chosen: HistoryFilter, *, most: int) -> Iterator[HistoryRow]:
    """Yield up to `most` photos with their labels, newest first, a page of memory at a time."""
    after, count = "", 0
    while count < most:
        page = history_page(stores, chosen, after=after)
        yield from page.rows[: most - count]
        count += len(page.rows)
        if not page.after:
            return
        after = page.after


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
    return f"{last.smallest_margin!r}_{cursor}" if order is Order.NEAREST else cursor


def _beyond(order: Order, cursor: str) -> Q:
    """Return what comes after a cursor; raise BadCursor for one that is not of this order."""
    margin, _, rest = cursor.partition("_") if order is Order.NEAREST else ("", "", cursor)
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
    return Q(smallest_margin__gte=near) & (Q(smallest_margin__gt=near) | (Q(smallest_margin=near) & older))


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
