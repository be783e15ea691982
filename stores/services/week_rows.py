"""The rows of weeks: only those that differ are written, so that the trail says what changed and no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from stores.domain.hours import DayHours
from stores.models import OpeningHours

Day = tuple[int, int]
Spans = list[tuple[int, int]]
BATCH = 5_000


def write_weeks(weeks: Mapping[int, tuple[DayHours, ...]]) -> None:
    """Give stores, by primary key, the weeks wanted; four queries. The caller holds the transaction."""
    held = _held(weeks)
    gone: list[int] = []
    kept: list[OpeningHours] = []
    made: list[OpeningHours] = []
    for store_id, week in weeks.items():
        for weekday, wanted in enumerate(week):
            rows, spans = _differing(held.get((store_id, weekday), []), wanted)
            for row, (opens, closes) in zip(rows, spans, strict=False):
                row.opens_minute, row.closes_minute = opens, closes
                kept.append(row)
            gone += [row.pk for row in rows[len(spans) :]]
            made += [
                OpeningHours(store_id=store_id, weekday=weekday, opens_minute=opens, closes_minute=closes)
                for opens, closes in spans[len(rows) :]
            ]
    _write(gone, kept, made)


def _held(weeks: Mapping[int, object]) -> dict[Day, list[OpeningHours]]:
    held: dict[Day, list[OpeningHours]] = defaultdict(list)
    for row in OpeningHours.objects.filter(store_id__in=weeks).order_by("opens_minute", "id"):
        held[row.store_id, row.weekday].append(row)
    return held


def _differing(rows: list[OpeningHours], wanted: DayHours) -> tuple[list[OpeningHours], Spans]:
    """Return the rows to change and the spans they become, those of one opening first.

    A row never takes an opening that another row still has: each opening stands once a day.
    """
    said = {(row.opens_minute, row.closes_minute) for row in rows}
    rows = [row for row in rows if (row.opens_minute, row.closes_minute) not in wanted]
    spans = [(opens, closes) for opens, closes in wanted if (opens, closes) not in said]
    same = {row.opens_minute for row in rows} & {opens for opens, _closes in spans}
    return (
        sorted(rows, key=lambda row: (row.opens_minute not in same, row.opens_minute)),
        sorted(spans, key=lambda span: (span[0] not in same, span[0])),
    )


def _write(gone: list[int], kept: list[OpeningHours], made: list[OpeningHours]) -> None:
    if gone:
        OpeningHours.objects.filter(pk__in=gone).delete()
    OpeningHours.objects.bulk_create(
        kept,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["opens_minute", "closes_minute"],
    )
    OpeningHours.objects.bulk_create(made, batch_size=BATCH)
