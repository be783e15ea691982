"""Days that differ, and who says so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from stores.domain.hours import InvalidHours, SpecialKind
from stores.models import SpecialDay, Store
from stores.selectors.rules import rules_of
from stores.services.special_days import (
    DayFacts,
    PastDay,
    Scope,
    latest_today,
    remove_special_day,
    set_special_day,
    today_of,
)
from tests.stores.conftest import MORNING, Cast

CHRISTMAS = date(2026, 12, 25)


def say(scope: Scope, kind: SpecialKind, *, on: date = CHRISTMAS, hours: object = ()) -> SpecialDay:
    facts = DayFacts(on, kind, hours)  # type: ignore[arg-type]
    return set_special_day(scope=scope, facts=facts, author=None, at=MORNING)


def hours_at(store: Store, on: date = CHRISTMAS) -> object:
    return rules_of([store], first_on=on, last_on=on)[store.pk].hours_on(on)


def test_nearest_scope_wins(cast: Cast) -> None:
    assert hours_at(cast.ginza) == ((420, 1200),)
    say(Scope(), SpecialKind.CLOSED)
    assert hours_at(cast.ginza) == ()
    say(Scope(area=cast.ginza.area), SpecialKind.HOURS, hours=((600, 660),))
    assert hours_at(cast.ginza) == ((600, 660),)
    say(Scope(cast.ginza), SpecialKind.AS_USUAL)
    assert hours_at(cast.ginza) == ((420, 1200),)
    assert hours_at(cast.umeda) == ()


def test_saying_it_again_replaces_what_was_said(cast: Cast) -> None:
    first = say(Scope(cast.ginza), SpecialKind.CLOSED)
    second = say(Scope(cast.ginza), SpecialKind.HOURS, hours=((600, 660), (480, 540)))
    assert first.pk == second.pk
    assert hours_at(cast.ginza) == ((480, 540), (600, 660))


def test_own_hours_need_hours(cast: Cast) -> None:
    with pytest.raises(InvalidHours, match="choose “closed”"):
        say(Scope(cast.ginza), SpecialKind.HOURS)


def test_day_that_is_over_where_the_store_is_is_refused_naming_today(cast: Cast) -> None:
    with pytest.raises(PastDay, match=r"today is Nov\. 24, 2026 \(Asia/Tokyo\)"):
        say(Scope(cast.ginza), SpecialKind.CLOSED, on=date(2026, 11, 23))
    assert not SpecialDay.objects.exists()


def test_yesterday_in_tokyo_is_today_in_honolulu(cast: Cast) -> None:
    Store.objects.filter(pk=cast.umeda.pk).update(timezone="Pacific/Honolulu")
    umeda = Store.objects.get(pk=cast.umeda.pk)
    assert say(Scope(umeda), SpecialKind.CLOSED, on=date(2026, 11, 23)).pk
    assert today_of(Scope(), at=MORNING) == date(2026, 11, 23)
    assert today_of(Scope(area=cast.ginza.area), at=MORNING) == date(2026, 11, 24)
    assert latest_today(at=MORNING) == date(2026, 11, 24)


def test_removed_day_is_returned_so_that_it_can_be_said_again(cast: Cast) -> None:
    day = say(Scope(cast.ginza), SpecialKind.HOURS, hours=((600, 660),))
    facts = remove_special_day(day=day, at=MORNING)
    assert hours_at(cast.ginza) == ((420, 1200),)
    set_special_day(scope=Scope(cast.ginza), facts=facts, author=None, at=MORNING)
    assert hours_at(cast.ginza) == ((600, 660),)


def test_day_that_is_over_is_not_removed(cast: Cast) -> None:
    day = say(Scope(cast.ginza), SpecialKind.CLOSED)
    with pytest.raises(PastDay):
        remove_special_day(day=day, at=MORNING + timedelta(days=40))
    assert SpecialDay.objects.filter(pk=day.pk).exists()


def test_franchise_without_stores_takes_the_day_of_utc(db: None) -> None:
    assert today_of(Scope(), at=datetime(2026, 1, 1, tzinfo=UTC)) == date(2026, 1, 1)
