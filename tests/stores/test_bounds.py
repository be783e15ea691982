"""Bounds that headquarters sets: the nearest says, every service keeps them, headquarters may exceed them."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stores.domain.bounds import Limits, OutOfBounds, check_run_span, nearest
from stores.domain.hours import SpecialKind
from stores.domain.localtime import wall_to_utc
from stores.models import Bounds, Store
from stores.selectors.bounds import deviating, limits_of
from stores.services.bounds import set_bounds
from stores.services.hours import Hours, copy_week, hours_of, save_hours
from stores.services.special_days import DayFacts, Scope, set_special_day
from tests.stores.conftest import MORNING, Cast

LONG = (((360, 1320),),) * 7  # 16 hours a day, 112 a week


def bind(cast: Cast, *, area=None, store=None, **limits: object) -> None:
    set_bounds(area=area, store=store, limits=Limits(**limits), author=cast.hanako, at=MORNING)


def test_nearest_scope_says_field_by_field(cast: Cast) -> None:
    bind(cast, latest_closing_minute=1320, most_open_minutes=5000, may_override=False)
    bind(cast, area=cast.ginza.area, latest_closing_minute=1380)
    bind(cast, store=cast.ginza, may_override=True)
    held = limits_of(cast.ginza)
    assert (held.latest_closing_minute, held.most_open_minutes, held.may_override) == (1380, 5000, True)
    assert limits_of(cast.umeda).latest_closing_minute == 1320


def test_scope_with_nothing_bound_has_no_row(cast: Cast) -> None:
    bind(cast, latest_closing_minute=1320)
    bind(cast)
    assert not Bounds.objects.exists()


def test_nobody_bound_is_bound_by_nothing() -> None:
    assert nearest([]).is_empty


def test_owners_week_keeps_the_most_hours_and_headquarters_may_exceed_them(cast: Cast) -> None:
    bind(cast, most_open_minutes=100 * 60)
    hours = Hours(LONG, 30, 30)
    with pytest.raises(OutOfBounds, match=r"allows 100 hours a week; this would be 112\. Ask hanako"):
        save_hours(store=cast.ginza, hours=hours, author=cast.owari)
    assert save_hours(store=cast.ginza, hours=hours, author=cast.hanako)


def test_hours_that_were_outside_already_do_not_lock_the_buffers(cast: Cast) -> None:
    save_hours(store=cast.ginza, hours=Hours(LONG, 30, 30))
    bind(cast, most_open_minutes=60)
    assert save_hours(store=cast.ginza, hours=Hours(LONG, 20, 30), author=cast.owari)
    shorter = (((420, 1320),), *LONG[1:])
    assert save_hours(store=cast.ginza, hours=Hours(shorter, 20, 30), author=cast.owari)
    with pytest.raises(OutOfBounds):
        save_hours(store=cast.ginza, hours=Hours(LONG, 20, 30), author=cast.owari)


def test_owners_buffers_stay_between_least_and_most(cast: Cast) -> None:
    bind(cast, least_buffer_minutes=10, most_buffer_minutes=45)
    weekly = hours_of(cast.ginza).weekly
    for minutes in (5, 60):
        with pytest.raises(OutOfBounds, match="Ask hanako"):
            save_hours(store=cast.ginza, hours=Hours(weekly, minutes, 30), author=cast.owari)
    assert save_hours(store=cast.ginza, hours=Hours(weekly, 10, 45), author=cast.owari)


def test_week_is_copied_to_all_or_to_none(cast: Cast) -> None:
    save_hours(store=cast.ginza, hours=Hours(LONG, 30, 30))
    bind(cast, store=cast.shinjuku, most_open_minutes=60)
    with pytest.raises(OutOfBounds):
        copy_week(source=cast.ginza, targets=[cast.shinjuku], author=cast.makoto)
    assert copy_week(source=cast.ginza, targets=[cast.shinjuku], author=cast.hanako) == 1


def test_special_day_closes_no_later_than_the_bound_or_its_weekday(cast: Cast) -> None:
    bind(cast, latest_closing_minute=19 * 60)

    def say(closes: int) -> None:
        facts = DayFacts(date(2026, 11, 25), SpecialKind.HOURS, ((420, closes),))
        set_special_day(scope=Scope(cast.ginza), facts=facts, author=cast.owari, at=MORNING)

    say(1200)  # as a Wednesday usually does
    with pytest.raises(OutOfBounds, match="20:00 at the latest"):
        say(1260)


def test_special_day_keeps_the_most_hours_of_its_calendar_week(cast: Cast) -> None:
    bind(cast, most_open_minutes=6 * 780)
    facts = DayFacts(date(2026, 11, 29), SpecialKind.HOURS, ((420, 500),))  # a Sunday, usually closed
    with pytest.raises(OutOfBounds, match=r"allows 78 hours a week; this would be 79\.33"):
        set_special_day(scope=Scope(cast.ginza), facts=facts, author=cast.owari, at=MORNING)


@pytest.mark.parametrize(
    ("starts", "ends", "is_allowed"),
    [(1200, 1410, True), (1200, 1411, False), (1380, 1440 + 300, False), (1440 + 240, 1440 + 600, True),
     (1440 + 60, 1440 + 120, False)],
)  # fmt: skip
def test_run_ends_with_the_latest_closing_and_its_buffer(starts: int, ends: int, is_allowed: bool) -> None:
    on, tokyo = date(2026, 11, 24), "Asia/Tokyo"
    span = tuple(wall_to_utc(tokyo, on, minute, closing=False) for minute in (starts, ends))
    limits = Limits(latest_closing_minute=1380)

    def check() -> None:
        check_run_span(limits, span, timezone=tokyo, on=on, close_buffer_minutes=30)

    if is_allowed:
        check()
    else:
        with pytest.raises(OutOfBounds, match="23:00 at the latest"):
            check()


def test_stores_outside_their_bounds_are_found_with_few_queries(cast: Cast) -> None:
    bind(cast, most_open_minutes=77 * 60, most_buffer_minutes=20)
    bind(cast, store=cast.umeda, most_buffer_minutes=30)
    with CaptureQueriesContext(connection) as queries:
        found, count = deviating(Store.objects.all())
    assert len(queries) <= 3
    assert [(each.store.code, each.open_minutes, each.buffers) for each in found] == [
        ("JP-001", 78 * 60, (30,)),
        ("JP-002", None, (30,)),
    ]
    assert count == 2
