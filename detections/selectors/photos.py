"""Which photos of the log: a filter, and the query that it means.

A filter by label walks the label's own index; every other one walks an index that begins with the filter
and ends with the order of the list. A time of day has no index: it is looked for along another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncTime

from detections.domain.outcomes import FAILURES, SHOWN
from detections.domain.second import Second
from detections.domain.training.states import UNTRAINED
from detections.models import DetectedLabel, Detection, Label, Review, ReviewAssignment, TrainingEntry
from detections.models.detection import UNREVIEWED
from stores.models import Store

NONE = "NONE"
"""In place of a verdict: nobody has reviewed it yet."""
FEW_STORES = 50
"""So many are named one by one: the planner then knows how many photos each has."""


class Kind(StrEnum):
    """What a list is narrowed to with one choice."""

    ANSWERED = "answered"
    NEAR_MISS = "near_miss"
    ASK = "ask"
    CORRECTED = "corrected"
    WAITING = "waiting"
    FAILED = "failed"


class Order(StrEnum):
    """Which photo comes first; by nearness, photos without any shown box are left out.

    By risk: corrected by the register, then two labels on one place, then nearest to a threshold; only
    answered photos with their picture that nobody has reviewed.
    """

    NEWEST = "newest"
    NEAREST = "nearest"
    RISK = "risk"


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which photos to show. Confidences and distances are percentages, instants and times half-open.

    A distance is confidence minus threshold: below zero is below it. Times of day are on the clock of
    `timezone`; from a later one to an earlier one crosses midnight. Photos that wait for a second opinion
    leave out those that `reader` has reviewed.
    """

    store: str = ""
    area: int | None = None
    kind: Kind | None = None
    outcome: str = ""
    error: str = ""
    source: str = ""
    label: str = ""
    confidence_from: float | None = None
    confidence_to: float | None = None
    distance_from: float | None = None
    distance_to: float | None = None
    deployment: int | None = None
    version: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    time_from: time | None = None
    time_to: time | None = None
    timezone: str = "UTC"
    verdict: str = ""
    reason: str = ""
    reviewer: int | None = None
    flagged: bool = False
    taught: bool | None = None
    assigned: int | None = None
    second: str = ""
    reader: int | None = None
    audit: bool = False
    order: Order = Order.NEWEST


def photos(stores: QuerySet[Store], chosen: HistoryFilter) -> QuerySet[Detection]:
    """Return the photos that match, in the order asked for; not yet evaluated. At most two small queries."""
    found = _in_stores(Detection.objects.select_related("store", "version", "deployment"), stores, chosen)
    found = found.filter(_of_kind(chosen.kind))
    for path, text in (("outcome", chosen.outcome), ("error_code", chosen.error), ("source", chosen.source)):
        if text:
            found = found.filter(**{path: text})
    for path, number in (("deployment_id", chosen.deployment), ("version_id", chosen.version)):
        if number is not None:
            found = found.filter(**{path: number})
    found = _with_box(_at_times(_reviewed(found, chosen), chosen), chosen)
    if chosen.order is Order.RISK:
        waiting = found.filter(UNREVIEWED, smallest_margin__isnull=False)
        return waiting.order_by("risk", "smallest_margin", "-taken_at", "-id")
    if chosen.order is Order.NEAREST:
        return found.filter(smallest_margin__isnull=False).order_by("smallest_margin", "-taken_at", "-id")
    return found.order_by("-taken_at", "-id")


def _reviewed(found: QuerySet[Detection], chosen: HistoryFilter) -> QuerySet[Detection]:
    """Narrow to what analysts have said and flagged, or to the random sample."""
    if chosen.verdict == NONE:
        found = found.filter(UNREVIEWED)
    elif chosen.verdict:
        found = found.filter(verdict=chosen.verdict)
    if chosen.flagged:
        found = found.filter(is_flagged=True)
    if chosen.audit:
        found = found.filter(audit_turn=0)
    if chosen.taught is not None:
        found = found.filter(_is_taught() if chosen.taught else ~_is_taught())
    if chosen.assigned is not None:
        mine = ReviewAssignment.objects.filter(detection=OuterRef("pk"), reviewer_id=chosen.assigned)
        found = found.filter(Exists(mine))
    newest = Review.objects.filter(detection=OuterRef("pk"), number=OuterRef("review_number"))
    if chosen.second:
        found = found.filter(second=chosen.second)
    if chosen.second == Second.WAITING and chosen.reader is not None:
        found = found.exclude(Exists(newest.filter(reviewer_id=chosen.reader)))
    if chosen.reason:
        newest = newest.filter(reasons__contains=[chosen.reason])
    if chosen.reviewer is not None:
        newest = newest.filter(reviewer_id=chosen.reviewer)
    if chosen.reason or chosen.reviewer is not None:
        return found.exclude(verdict="").filter(Exists(newest))
    return found


def _is_taught() -> Exists:
    """Tell whether a photo is in a training set, on its way or trained; by the entries' index on photos."""
    entries = TrainingEntry.objects.filter(detection=OuterRef("pk"), is_withdrawn=False)
    return Exists(entries.exclude(training_set__state__in=sorted(UNTRAINED)))


def has_label(name: str) -> bool:
    """Tell whether any model has ever named this bread; one query."""
    return Label.objects.filter(name=name).exists()


def _in_stores(
    found: QuerySet[Detection], stores: QuerySet[Store], chosen: HistoryFilter
) -> QuerySet[Detection]:
    """Narrow to what the person may see and has chosen; a franchise's headquarters need no condition."""
    if chosen.store:
        stores = stores.filter(code=chosen.store)
    if chosen.area is not None:
        stores = stores.filter(area_id=chosen.area)
    if not stores.query.where:
        return found
    few = list(stores.order_by("pk").values_list("pk", flat=True)[: FEW_STORES + 1])
    if len(few) > FEW_STORES:
        return found.filter(store__in=stores)
    return found.filter(store_id=few[0]) if len(few) == 1 else found.filter(store_id__in=few)


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


def _with_box(found: QuerySet[Detection], chosen: HistoryFilter) -> QuerySet[Detection]:
    """Narrow to photos with a box that has the label, confidence and distance, all three of one box.

    Shown boxes only, unless a band of confidence is asked for: it finds hidden ones, too.
    """
    has_band = not (chosen.confidence_from is None and chosen.confidence_to is None)
    has_distance = not (chosen.distance_from is None and chosen.distance_to is None)
    if not chosen.label and not has_band and not has_distance:
        return found
    boxes = DetectedLabel.objects.filter(_in_bands(chosen), detection=OuterRef("pk"))
    if chosen.label:
        known = Label.objects.filter(name=chosen.label).values_list("pk", flat=True).first()
        if known is None:
            return found.none()
        boxes = boxes.filter(label_id=known)
    if not has_band:
        boxes = boxes.filter(fate__in=sorted(SHOWN))
        if chosen.distance_from is not None and chosen.distance_to is not None:
            # A shown box in the band has a photo that is at most as far: this one has an index.
            furthest = max(abs(chosen.distance_from), abs(chosen.distance_to))
            found = found.filter(smallest_margin__lte=furthest)
    return found.filter(Exists(boxes))


def _in_bands(chosen: HistoryFilter) -> Q:
    """Return the bands of confidence and of distance as conditions on one box."""
    wanted = Q()
    if chosen.confidence_from is not None:
        wanted &= Q(confidence__gte=chosen.confidence_from)
    if chosen.confidence_to is not None:
        wanted &= Q(confidence__lte=chosen.confidence_to)
    if chosen.distance_from is not None:
        wanted &= Q(confidence__gte=F("threshold") + chosen.distance_from)
    if chosen.distance_to is not None:
        wanted &= Q(confidence__lte=F("threshold") + chosen.distance_to)
    return wanted
