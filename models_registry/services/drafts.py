"""What a store's people ask for, worked out but not yet written: it can be previewed, then saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext

from models_registry.domain.overrides import OverrideKind, OverrideSpan
from models_registry.domain.preview import Preview, Proposal
from models_registry.models import Override, StoreEdit
from models_registry.selectors.preview import preview_change
from models_registry.selectors.store_page import day_to_close, rules_today
from models_registry.services.late_closing import later_closing
from models_registry.services.overrides import OverrideOrder, check_order
from portal.base.models import User
from portal.base.showing import show_day
from stores.domain.hours import (
    CLOSED,
    DayHours,
    OpenDay,
    SpecialKind,
    SpecialRule,
    SpecialSource,
    StoreRules,
    clock_text,
)
from stores.domain.intervals import Span
from stores.domain.localtime import DAY_MINUTES, from_seconds, local_date, to_seconds, wall_to_utc, zone
from stores.domain.sentences import Refusal
from stores.models import Store
from stores.services.bounds import check_day_bounds
from stores.services.hours import Hours, check_hours_bounds, hours_of
from stores.services.special_days import DayFacts, Scope, check_day, check_not_past

JUST_NOW = timedelta(minutes=15)
"""A closing typed so shortly ago means now, not tomorrow."""
UNWRITTEN = 2**62
"""The number of an override that is only proposed: newer than all that are written."""


class InvalidClosing(Refusal):
    """An early closing that is none."""

    code = "invalid_closing"


@dataclass(frozen=True, slots=True)
class Draft:
    """One edit: an override, a special day or hours, and the overrides that it takes back.

    `said` is what it is, in the author's words; `opens` where the shop is open beyond its hours.
    """

    kind: StoreEdit.Kind
    store: Store
    said: str
    order: OverrideOrder | None = None
    day: DayFacts | None = None
    hours: Hours | None = None
    seen: str = ""
    without: tuple[int, ...] = ()
    opens: tuple[Span, ...] = ()


def draft_open_late(*, store: Store, until_minute: int, at: datetime) -> Draft:
    """Stay open tonight until a minute of the store's day; one at or before now is after midnight."""
    order = later_closing(store=store, until_minute=until_minute, at=at)
    starts, ends = order.starts_at or at, order.ends_at or at
    closes = to_seconds(ends) - store.close_buffer_minutes * 60
    opens = ((to_seconds(starts), closes),) if to_seconds(starts) < closes else ()
    return Draft(StoreEdit.Kind.OPEN_LATE, store, order.why, order=order, opens=opens)


def draft_longer(*, store: Store, at: datetime, ends_at: datetime) -> Draft:
    """Keep the model ready until an instant, and the shop open until its closing buffer before that."""
    closes = ends_at - timedelta(minutes=store.close_buffer_minutes)
    clock = f"{closes.astimezone(zone(store.timezone)):%H:%M}"
    said = gettext("Open late until %(time)s") % {"time": clock}
    order = OverrideOrder(OverrideKind.RUN, at, ends_at, said, store=store)
    opens = ((to_seconds(at), to_seconds(closes)),) if at < closes else ()
    return Draft(StoreEdit.Kind.OPEN_LATE, store, said, order=order, opens=opens)


def draft_close_early(*, store: Store, until_minute: int, at: datetime) -> Draft:
    """Close earlier today: the day's own hours, cut short. A later closing said before is taken back.

    A night that began yesterday is yesterday's, so that is the day that is cut.
    """
    rules = rules_today(store, at=at)
    day = day_to_close(rules, at)
    if day is None:
        raise InvalidClosing("The store does not close today any more, so there is nothing to bring forward.")
    minute = _minute_of(day, rules, until_minute, at)
    if minute >= day.closes:
        raise InvalidClosing(
            "It closes at %(time)s anyway. Choose an earlier time.", time=clock_text(day.closes % DAY_MINUTES)
        )
    hours = tuple((opens, min(closes, minute)) for opens, closes in rules.hours_on(day.on) if opens < minute)
    said = gettext("Closed early at %(time)s") % {"time": clock_text(minute % DAY_MINUTES)}
    kind = SpecialKind.HOURS if hours else SpecialKind.CLOSED
    facts = DayFacts(day.on, kind, hours, said, SpecialSource.MANUAL)
    return Draft(StoreEdit.Kind.CLOSE_EARLY, store, said, day=facts, without=_later_words(store, day, at))


def _minute_of(day: OpenDay, rules: StoreRules, until_minute: int, at: datetime) -> int:
    """Return a wall-clock minute of today as a minute of the day that the opening belongs to."""
    today = local_date(rules.timezone, at)
    if day.on < today:
        return until_minute + DAY_MINUTES
    closes = from_seconds(wall_to_utc(rules.timezone, today, until_minute, closing=True))
    is_past = closes < at - JUST_NOW and until_minute < DAY_MINUTES
    return until_minute + DAY_MINUTES if is_past else until_minute


def _later_words(store: Store, day: OpenDay, at: datetime) -> tuple[int, ...]:
    """Return the store's own RUN overrides of this evening: an early closing ends them too.

    One that reaches beyond the night was meant for more than this evening, and stays.
    """
    night = from_seconds(day.end) + timedelta(hours=6)
    rows = Override.objects.filter(
        store=store,
        kind=OverrideKind.RUN.value,
        cancelled_at__isnull=True,
        ends_at__gt=at,
        ends_at__lte=night,
    )
    return tuple(rows.order_by("id").values_list("pk", flat=True))


def draft_day(*, store: Store, facts: DayFacts) -> Draft:
    """Say what holds on one date."""
    named = StoreEdit.Kind.SPECIAL_DAY
    words = {
        SpecialKind.CLOSED: gettext("Closed on %(day)s"),
        SpecialKind.HOURS: gettext("Own hours on %(day)s"),
        SpecialKind.AS_USUAL: gettext("Open as usual on %(day)s"),
    }
    return Draft(named, store, words[facts.kind] % {"day": show_day(facts.on)}, day=facts)


def draft_closed_tomorrow(*, store: Store, at: datetime) -> Draft:
    """Close the whole of tomorrow, by the store's own calendar."""
    on = local_date(store.timezone, at) + timedelta(days=1)
    return draft_day(store=store, facts=DayFacts(on, SpecialKind.CLOSED))


def draft_week(*, store: Store, hours: Hours, seen: str = "") -> Draft:
    """Replace the week and the buffers; `seen` is the stamp of what the author had before them."""
    return Draft(StoreEdit.Kind.WEEK, store, gettext("New opening hours"), hours=hours, seen=seen)


def draft_later_weekday(*, store: Store, on: date, closes_at: datetime, minutes: int) -> Draft:
    """Let the weekday of a date always close later by some minutes: the opening that ends at an instant.

    Raises InvalidClosing where the week, changed meanwhile, has no such closing any more.
    """
    now = hours_of(store)
    index = on.weekday()
    ends = [wall_to_utc(store.timezone, on, each, closing=True) for _, each in now.weekly[index]]
    if to_seconds(closes_at) not in ends:
        raise InvalidClosing("The opening hours were changed meanwhile. Change them on their own page.")
    place = ends.index(to_seconds(closes_at))
    opens, closes = now.weekly[index][place]
    later = (opens, min(closes + minutes, opens + DAY_MINUTES))
    day: DayHours = (*now.weekly[index][:place], later, *now.weekly[index][place + 1 :])
    weekly = (*now.weekly[:index], day, *now.weekly[index + 1 :])
    hours = Hours(weekly, now.open_buffer_minutes, now.close_buffer_minutes)
    return draft_week(store=store, hours=hours, seen=now.stamp)


def check_draft(draft: Draft, *, author: User | None, at: datetime) -> None:
    """Raise what saving would raise, so that a preview never shows what could not be saved."""
    if draft.order is not None:
        check_order(order=draft.order, author=author, at=at)
    if draft.day is not None and draft.kind is not StoreEdit.Kind.CLOSE_EARLY:
        check_not_past(Scope(draft.store), draft.day.on, at=at)
        check_day(draft.day.kind, draft.day.hours)
        check_day_bounds(draft.store, draft.day.on, draft.day.hours, author)
    if draft.hours is not None:
        check_hours_bounds(draft.store, hours_of(draft.store), draft.hours, author)


def preview_draft(draft: Draft, *, author: User | None, at: datetime) -> Preview:
    """Return what a draft would change; raise what saving it would raise."""
    check_draft(draft, author=author, at=at)
    buffers = draft.hours.open_buffer_minutes if draft.hours else None
    return preview_change(draft.store, proposal_of(draft), at=at, open_buffer_minutes=buffers)


def proposal_of(draft: Draft) -> Proposal:
    """Return a draft as the planner understands it."""
    order, day, hours = draft.order, draft.day, draft.hours
    span = None
    if order is not None and order.starts_at is not None and order.ends_at is not None:
        span = OverrideSpan(to_seconds(order.starts_at), to_seconds(order.ends_at), order.kind, UNWRITTEN)
    return Proposal(
        weekly=hours.weekly if hours else None,
        close_buffer_minutes=hours.close_buffer_minutes if hours else None,
        day=(day.on, SpecialRule(day.kind, day.hours if day.hours else CLOSED, day.note)) if day else None,
        override=span,
        without=frozenset(draft.without),
        opens=draft.opens,
    )
