"""Holidays are proposed; people decide."""

from __future__ import annotations

from datetime import date

from stores.domain.hours import SpecialKind, SpecialSource
from stores.models import SpecialDay, Store
from stores.selectors.holiday_calendar import Region, holidays_of, remarks_on
from stores.selectors.holidays import proposal_desk, proposals_for
from stores.services.holidays import Answer, answer_for_areas
from stores.services.special_days import DayFacts, Scope, set_special_day
from tests.stores.conftest import MORNING, Cast

TODAY = date(2026, 11, 24)
NEW_YEAR = date(2027, 1, 1)
CLOSED = Answer(SpecialKind.CLOSED)


def desk_dates(language: str = "ja") -> dict[date, list[str]]:
    desk = proposal_desk(Store.objects.all(), today=TODAY, language=language)
    return {day.on: [area.area_name for area in day.areas] for day in desk.dates}


def answer(cast: Cast, *picks: tuple[date, int], what: Answer = CLOSED) -> int:
    return answer_for_areas(stores=Store.objects.all(), picks=picks, answer=what, at=MORNING, language="ja")


def test_holidays_speak_the_readers_language_where_the_library_does(cast: Cast) -> None:
    region = Region("JP")
    span = {"first_on": NEW_YEAR, "last_on": NEW_YEAR}
    assert holidays_of(region, language="ja", **span) == {NEW_YEAR: "元日"}
    assert holidays_of(region, language="en", **span) == {NEW_YEAR: "New Year's Day"}
    assert holidays_of(Region("FR"), language="ja", **span) == {NEW_YEAR: "New Year's Day"}


def test_subdivision_counts_where_the_library_knows_it() -> None:
    epiphany = date(2027, 1, 6)
    span = {"first_on": epiphany, "last_on": epiphany, "language": "en"}
    assert epiphany in holidays_of(Region("DE", "BY"), **span)
    assert epiphany not in holidays_of(Region("DE", "BE"), **span)


def test_unknown_country_or_subdivision_is_tolerated_with_a_sentence() -> None:
    span = {"first_on": NEW_YEAR, "last_on": NEW_YEAR, "language": "ja"}
    assert holidays_of(Region("XX"), **span) == {}
    assert NEW_YEAR in holidays_of(Region("FR", "QQ"), **span)
    remarks = remarks_on([Region("XX"), Region("FR", "QQ"), Region(""), Region("JP", "13")])
    assert len(remarks) == 3
    assert any("“XX”" in remark for remark in remarks)
    assert any("“QQ” of FR" in remark for remark in remarks)


def test_store_is_proposed_what_nobody_answered_for_it(cast: Cast) -> None:
    def proposed() -> list[date]:
        return [each.on for each in proposals_for(cast.ginza, today=TODAY, language="ja")]

    assert proposed()[0] == NEW_YEAR
    assert proposed() == sorted(proposed())
    declined = DayFacts(NEW_YEAR, SpecialKind.AS_USUAL, source=SpecialSource.HOLIDAY)
    set_special_day(scope=Scope(cast.ginza), facts=declined, author=None, at=MORNING)
    assert NEW_YEAR not in proposed()
    assert NEW_YEAR in [each.on for each in proposals_for(cast.shinjuku, today=TODAY, language="ja")]


def test_desk_lists_areas_by_date(cast: Cast) -> None:
    assert desk_dates()[NEW_YEAR] == ["Kansai", "Kanto"]
    assert max(desk_dates()) <= date(2027, 3, 24)


def test_whole_area_is_answered_by_one_row(cast: Cast) -> None:
    area = cast.ginza.area
    assert answer(cast, (NEW_YEAR, area.pk)) == 1
    row = SpecialDay.objects.get()
    assert (row.area, row.store, row.kind, row.note, row.source) == (area, None, "CLOSED", "元日", "HOLIDAY")
    assert desk_dates()[NEW_YEAR] == ["Kansai"]


def test_mixed_area_is_answered_store_by_store(cast: Cast) -> None:
    Store.objects.filter(pk=cast.shinjuku.pk).update(country="US", subdivision="NY")
    coming_of_age = date(2027, 1, 11)
    answer(cast, (coming_of_age, cast.ginza.area_id))
    assert [row.store for row in SpecialDay.objects.all()] == [cast.ginza]


def test_store_that_spoke_for_itself_keeps_its_word(cast: Cast) -> None:
    own = DayFacts(NEW_YEAR, SpecialKind.HOURS, ((600, 660),))
    set_special_day(scope=Scope(cast.ginza), facts=own, author=None, at=MORNING)
    answer(cast, (NEW_YEAR, cast.ginza.area_id))
    assert SpecialDay.objects.get(store=cast.ginza).kind == "HOURS"
    assert NEW_YEAR not in [each.on for each in proposals_for(cast.shinjuku, today=TODAY, language="ja")]


def test_second_answer_and_unknown_picks_change_nothing(cast: Cast) -> None:
    assert answer(cast, (NEW_YEAR, cast.ginza.area_id)) == 1
    assert answer(cast, (NEW_YEAR, cast.ginza.area_id), what=Answer(SpecialKind.AS_USUAL)) == 0
    assert answer(cast, (date(2027, 1, 2), cast.ginza.area_id), (NEW_YEAR, 0)) == 0
    assert SpecialDay.objects.get().kind == "CLOSED"


def test_own_hours_are_kept_as_they_were_said(cast: Cast) -> None:
    answer(cast, (NEW_YEAR, cast.umeda.area_id), what=Answer(SpecialKind.HOURS, ((600, 900),), cast.hanako))
    row = SpecialDay.objects.get()
    assert (row.hours, row.author) == ([[600, 900]], cast.hanako)


def test_desk_takes_two_queries_however_many_stores(cast: Cast, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(2):  # type: ignore[operator]
        proposal_desk(Store.objects.all(), today=TODAY, language="ja")
