"""Headquarters' answers to holiday proposals, frozen as special days: a library upgrade moves nothing.

One store answers through `special_days.set_special_day` with the source HOLIDAY.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from portal.base.models import User
from stores.domain.hours import DayHours, SpecialKind, SpecialSource
from stores.models import SpecialDay, Store
from stores.selectors.holidays import AreaProposal, proposal_desk
from stores.services.special_days import check_day, latest_today


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to hold on a holiday: closed, own hours, or open as usual (a proposal declined)."""

    kind: SpecialKind
    hours: DayHours = ()
    author: User | None = None


@transaction.atomic
def answer_for_areas(
    *,
    stores: QuerySet[Store],
    picks: Iterable[tuple[date, int]],
    answer: Answer,
    at: datetime,
    language: str,
) -> int:
    """Answer holidays for areas, by date and area key; return how many were still open and are answered.

    One row for the area where all its stores have the holiday, else one for each store that has it. What
    somebody else answered in between stays as they said. Four queries.
    """
    hours = check_day(answer.kind, answer.hours)
    wanted = set(picks)
    desk = proposal_desk(stores, today=latest_today(at=at), language=language)
    chosen = [area for day in desk.dates for area in day.areas if (area.on, area.area_id) in wanted]
    rows = [
        SpecialDay(
            area_id=area_id,
            store_id=store_id,
            on=proposal.on,
            kind=answer.kind.value,
            hours=[list(span) for span in hours],
            note=proposal.name[:200],
            source=SpecialSource.HOLIDAY.value,
            author=answer.author,
        )
        for proposal in chosen
        for area_id, store_id in _scopes(proposal)
    ]
    SpecialDay.objects.bulk_create(rows, batch_size=5_000, ignore_conflicts=True)
    return len(chosen)


def _scopes(proposal: AreaProposal) -> list[tuple[int | None, int | None]]:
    if proposal.is_whole_area:
        return [(proposal.area_id, None)]
    return [(None, pk) for pk in proposal.store_ids]
