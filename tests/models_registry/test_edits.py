"""Edits of a store's people: written with what stood before, undone for ten minutes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from models_registry.models import Override, RulesChange, StoreEdit
from models_registry.services.drafts import (
    InvalidClosing,
    draft_close_early,
    draft_closed_tomorrow,
    draft_later_weekday,
    draft_open_late,
    draft_week,
)
from models_registry.services.edits import CannotUndo, save_edit, undo_edit
from models_registry.services.late_closing import stay_open
from models_registry.services.overrides import cancel_override
from portal.base.models import User
from stores.domain.hours import SpecialKind, SpecialSource
from stores.models import SpecialDay, Store
from stores.selectors.rules import weeks_of
from stores.services.hours import Hours, hours_of, replace_week, save_hours
from stores.services.special_days import DayFacts, Scope, set_special_day
from tests.models_registry.conftest import World, tokyo

NINE = tokyo(2, 9)


@pytest.fixture
def asakusa(world: World, bakery: Callable[..., Store]) -> Store:
    store = bakery("asakusa")
    world.deployment("asakusa", store)
    return store


def save(draft, at=NINE) -> StoreEdit:
    return save_edit(draft=draft, author=None, at=at)


def undo(edit: StoreEdit, at=NINE + timedelta(minutes=9)) -> StoreEdit:
    return undo_edit(edit=edit, author=None, at=at)


def test_open_late_is_an_override_and_undoing_takes_it_back(asakusa: Store) -> None:
    edit = save(draft_open_late(store=asakusa, until_minute=1290, at=NINE))
    made = Override.objects.get()
    assert (made.starts_at, made.ends_at) == (tokyo(2, 19), tokyo(2, 22))
    undo(edit)
    assert Override.objects.get().cancelled_at is not None


def test_closing_early_cuts_todays_hours_and_ends_a_later_closing(asakusa: Store) -> None:
    late = stay_open(store=asakusa, until_minute=1290, author=None, at=NINE)
    edit = save(draft_close_early(store=asakusa, until_minute=1020, at=NINE))
    day = SpecialDay.objects.get()
    assert (day.on, day.kind, day.hours, day.source) == (date(2026, 11, 2), "HOURS", [[420, 1020]], "MANUAL")
    assert Override.objects.get().cancelled_at == NINE

    undo(edit)
    assert not SpecialDay.objects.exists()
    assert Override.objects.get(pk=late.pk).cancelled_at is None


def test_closing_early_after_midnight_cuts_the_day_that_opened_yesterday(
    world: World, bakery: Callable[..., Store]
) -> None:
    bar = bakery("bar", {5: [(1080, 1560)]})  # Saturday 18:00–02:00
    one_in_the_night = tokyo(8, 1)
    save(draft_close_early(store=bar, until_minute=75, at=one_in_the_night), at=one_in_the_night)
    day = SpecialDay.objects.get()
    assert (day.on, day.hours) == (date(2026, 11, 7), [[1080, 1515]])


def test_closing_before_the_first_opening_closes_the_day(asakusa: Store) -> None:
    dawn = tokyo(2, 6)
    save(draft_close_early(store=asakusa, until_minute=6 * 60 + 30, at=dawn), at=dawn)
    assert SpecialDay.objects.get().kind == "CLOSED"


@pytest.mark.parametrize(("at", "minute"), [(tokyo(2, 9), 19 * 60), (tokyo(2, 20), 1260)])
def test_closing_that_is_not_earlier_is_refused(asakusa: Store, at, minute: int) -> None:
    with pytest.raises(InvalidClosing):
        draft_close_early(store=asakusa, until_minute=minute, at=at)


def test_undoing_brings_the_special_day_back_that_was_replaced(asakusa: Store) -> None:
    author = User.objects.create_user("hanako")
    facts = DayFacts(date(2026, 11, 3), SpecialKind.HOURS, ((480, 900),), "文化の日", SpecialSource.HOLIDAY)
    set_special_day(scope=Scope(asakusa), facts=facts, author=author, at=NINE)
    edit = save(draft_closed_tomorrow(store=asakusa, at=NINE))
    assert SpecialDay.objects.get().kind == "CLOSED"

    undo(edit)
    day = SpecialDay.objects.get()
    said = (day.kind, day.hours, day.note, day.source, day.author)
    assert said == ("HOURS", [[480, 900]], "文化の日", "HOLIDAY", author)


def test_undoing_brings_week_and_buffers_back(asakusa: Store) -> None:
    before = hours_of(asakusa)
    edit = save(draft_week(store=asakusa, hours=Hours(((),) * 7, 10, 0)))
    assert weeks_of([asakusa.pk]) == {}
    undo(edit)
    assert hours_of(Store.objects.get(pk=asakusa.pk)) == before


def test_edit_is_noted_for_the_tick(asakusa: Store) -> None:
    RulesChange.objects.all().delete()
    save(draft_closed_tomorrow(store=asakusa, at=NINE))
    assert RulesChange.objects.exists()


def test_undo_is_refused_after_ten_minutes_and_twice(asakusa: Store) -> None:
    edit = save(draft_closed_tomorrow(store=asakusa, at=NINE))
    with pytest.raises(CannotUndo, match="ten minutes"):
        undo(edit, NINE + timedelta(minutes=10, seconds=1))
    undo(edit, NINE + timedelta(minutes=10))
    with pytest.raises(CannotUndo, match="already"):
        undo(edit)


def test_undo_is_refused_when_somebody_changed_the_same_thing_meanwhile(asakusa: Store) -> None:
    day = save(draft_closed_tomorrow(store=asakusa, at=NINE))
    facts = DayFacts(date(2026, 11, 3), SpecialKind.AS_USUAL)
    set_special_day(scope=Scope(asakusa), facts=facts, author=None, at=NINE)
    late = save(draft_open_late(store=asakusa, until_minute=1290, at=NINE))
    cancel_override(override=Override.objects.get(), author=None, at=NINE)
    week = save(draft_week(store=asakusa, hours=Hours(((),) * 7, 10, 0)))
    save_hours(store=asakusa, hours=Hours(((),) * 7, 10, 5))
    for edit in (day, late, week):
        with pytest.raises(CannotUndo, match="meanwhile"):
            undo(edit)
    assert SpecialDay.objects.get().kind == "AS_USUAL"


def test_always_later_on_a_weekday_adds_to_its_last_hours(asakusa: Store) -> None:
    replace_week(store=asakusa, weekly=(((420, 720), (840, 1140)),) + (((420, 1140),),) * 6)
    save(draft_later_weekday(store=asakusa, on=date(2026, 11, 2), closes_at=tokyo(2, 19), minutes=60))
    assert weeks_of([asakusa.pk])[asakusa.pk][0] == ((420, 720), (840, 1200))


def test_owner_does_not_undo_what_headquarters_wrote(asakusa: Store) -> None:
    hanako = User.objects.create_user("hanako", is_superuser=True)
    owari = User.objects.create_user("owari")
    edit = save_edit(draft=draft_closed_tomorrow(store=asakusa, at=NINE), author=hanako, at=NINE)
    with pytest.raises(CannotUndo, match="only headquarters"):
        undo_edit(edit=edit, author=owari, at=NINE)
    assert undo_edit(edit=edit, author=hanako, at=NINE).undone_at == NINE
