"""A week is replaced as a whole or not at all."""

from __future__ import annotations

import pytest

from stores.domain.control import Control
from stores.domain.hours import InvalidHours
from stores.domain.localtime import UnknownTimeZone
from stores.models import OpeningHours, Store
from stores.selectors.rules import weeks_of
from stores.services.hours import ChangedMeanwhile, Hours, copy_week, hours_of, replace_week, save_hours
from stores.services.stores import (
    InvalidStore,
    StoreFacts,
    check_facts,
    create_store,
    set_buffers,
    set_control,
    update_store,
)
from tests.stores.conftest import Cast

WEEK = (((420, 720), (840, 1140)),) + (((1080, 1560),),) * 4 + ((), ())


def test_week_is_replaced(cast: Cast) -> None:
    assert replace_week(store=cast.ginza, weekly=WEEK)
    assert weeks_of([cast.ginza.pk])[cast.ginza.pk] == WEEK


def test_same_week_writes_nothing(cast: Cast) -> None:
    replace_week(store=cast.ginza, weekly=WEEK)
    before = set(OpeningHours.objects.values_list("pk", flat=True))
    assert not replace_week(store=cast.ginza, weekly=WEEK)
    assert set(OpeningHours.objects.values_list("pk", flat=True)) == before


def test_week_that_cannot_stand_leaves_the_old_one(cast: Cast) -> None:
    before = hours_of(cast.ginza)
    with pytest.raises(InvalidHours):
        replace_week(store=cast.ginza, weekly=[((420, 1200), (600, 700))] + [()] * 6)
    assert hours_of(cast.ginza) == before


def test_buffer_that_is_too_long_leaves_the_week(cast: Cast) -> None:
    before = hours_of(cast.ginza)
    with pytest.raises(InvalidStore, match="0 to 720"):
        save_hours(store=cast.ginza, hours=Hours(WEEK, 30, 721))
    assert hours_of(Store.objects.get(pk=cast.ginza.pk)) == before


def test_hours_changed_meanwhile_are_not_overwritten_unseen(cast: Cast) -> None:
    seen = hours_of(cast.ginza).stamp
    save_hours(store=cast.ginza, hours=Hours(WEEK, 30, 30), seen=seen)
    with pytest.raises(ChangedMeanwhile, match="Mo 07:00-12:00,14:00-19:00"):
        save_hours(store=cast.ginza, hours=Hours(((),) * 7, 30, 30), seen=seen)
    assert hours_of(cast.ginza).weekly == WEEK


def test_saving_the_same_twice_is_harmless(cast: Cast) -> None:
    seen = hours_of(cast.ginza).stamp
    assert save_hours(store=cast.ginza, hours=Hours(WEEK, 20, 10), seen=seen)
    assert not save_hours(store=cast.ginza, hours=Hours(WEEK, 20, 10), seen=seen)


def test_week_is_copied_to_other_stores_without_their_buffers(cast: Cast) -> None:
    set_buffers(store=cast.ginza, open_minutes=5, close_minutes=5)
    assert copy_week(source=cast.ginza, targets=[cast.ginza, cast.shinjuku, cast.umeda]) == 2
    assert copy_week(source=cast.ginza, targets=[cast.shinjuku]) == 0
    copied = hours_of(Store.objects.get(pk=cast.shinjuku.pk))
    assert copied == Hours(hours_of(cast.ginza).weekly, 30, 30)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "-x"}, "code"),
        ({"code": "x" * 33}, "code"),
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"timezone": "Tokyo"}, "timezone"),
        ({"country": "Japan"}, "country"),
        ({"subdivision": "tokyo to"}, "subdivision"),
        ({"open_buffer_minutes": -1}, "open_buffer_minutes"),
        ({"close_buffer_minutes": 721}, "close_buffer_minutes"),
        ({"control": "SOMETIMES"}, "control"),
    ],
)
def test_fact_that_cannot_stand_is_refused_by_name(change: dict[str, object], field: str) -> None:
    facts = {"code": "JP-9", "name": "Ueno", "timezone": "Asia/Tokyo"} | change
    with pytest.raises(InvalidStore) as refusal:
        check_facts(StoreFacts(**facts))
    assert refusal.value.field == field


def test_unknown_zone_says_how_to_write_one() -> None:
    with pytest.raises(InvalidStore, match="Asia/Tokyo"):
        check_facts(StoreFacts(code="JP-9", name="Ueno", timezone="Tokio"))
    assert UnknownTimeZone.code == "unknown_time_zone"


def test_store_is_created_changed_and_its_code_is_unique(cast: Cast) -> None:
    ueno = create_store(facts=StoreFacts("JP-9", "Ueno", "Asia/Tokyo"), area=cast.ginza.area)
    assert not update_store(store=ueno, facts=StoreFacts("JP-9", "Ueno", "Asia/Tokyo"), area=ueno.area)
    assert update_store(store=ueno, facts=StoreFacts("JP-9", "Ueno", "Asia/Seoul"), area=cast.umeda.area)
    assert Store.objects.get(code="JP-9").area == cast.umeda.area
    with pytest.raises(InvalidStore, match="already"):
        create_store(facts=StoreFacts("JP-9", "Ueno 2", "Asia/Tokyo"), area=cast.ginza.area)
    with pytest.raises(InvalidStore, match="already"):
        update_store(store=ueno, facts=StoreFacts("JP-001", "Ueno", "Asia/Tokyo"), area=ueno.area)


def test_control_is_set_once(cast: Cast) -> None:
    assert set_control(store=cast.ginza, control=Control.DRY_RUN)
    assert not set_control(store=cast.ginza, control=Control.DRY_RUN)
    assert Store.objects.get(pk=cast.ginza.pk).control == "DRY_RUN"
