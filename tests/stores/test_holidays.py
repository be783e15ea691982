"""Holidays are proposed; people decide."""

from __future__ import annotations

from datetime import date

from stores.domain.holidays import Because, Choice
from stores.domain.hours import SpecialKind, SpecialSource
from stores.models import DayChange, HolidayEdition, SpecialDay, Store
from stores.selectors.holiday_board import Board, Cell, holiday_board
from stores.selectors.holiday_calendar import Region, holidays_of, remarks_on
from stores.selectors.holiday_differences import region_differences
from stores.selectors.holidays import proposals_for
from stores.services.day_changes import Undone, undo_change
from stores.services.holidays import Decision, answer_for_areas, answer_for_store, settle_difference
from stores.services.special_days import DayFacts, Scope, set_special_day
from tests.stores.conftest import MORNING, Cast

TODAY = date(2026, 11, 24)
NEW_YEAR = date(2027, 1, 1)
COMING_OF_AGE = date(2027, 1, 11)
CLOSED = Choice(SpecialKind.CLOSED)
AS_USUAL = Choice(SpecialKind.AS_USUAL)


def board() -> Board:
    return holiday_board(Store.objects.all(), today=TODAY, language="ja")


def cell(on: date, area: str) -> Cell:
    return next(each for each in board().cells if (each.on, each.area_name) == (on, area))


def answer(cast: Cast, *picks: tuple[date, int], what: Choice | None = CLOSED) -> Decision:
    said = {"choice": what, "author": cast.hanako, "at": MORNING, "language": "ja"}
    return answer_for_areas(stores=Store.objects.all(), picks=picks, **said)


def set_day(store: Store, on: date, kind: SpecialKind, hours: tuple[tuple[int, int], ...] = ()) -> None:
    facts = DayFacts(on, kind, hours, source=SpecialSource.HOLIDAY)
    set_special_day(scope=Scope(store), facts=facts, author=None, at=MORNING)


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


def test_board_shows_dates_by_area_and_how_many_answered(cast: Cast) -> None:
    kanto = cell(NEW_YEAR, "Kanto")
    assert (kanto.answered, len(kanto.store_ids), kanto.is_whole_area) == (0, 2, True)
    set_day(cast.ginza, NEW_YEAR, SpecialKind.CLOSED)
    assert cell(NEW_YEAR, "Kanto").answered == 1
    assert cell(NEW_YEAR, "Kanto").choices == ((CLOSED, 1),)
    assert max(row.on for row in board().rows) <= date(2027, 3, 24)


def test_whole_area_is_answered_by_one_row(cast: Cast) -> None:
    area = cast.ginza.area
    assert answer(cast, (NEW_YEAR, area.pk)).answered == 1
    row = SpecialDay.objects.get()
    assert (row.area, row.store, row.kind, row.note, row.source) == (area, None, "CLOSED", "元日", "HOLIDAY")
    assert cell(NEW_YEAR, "Kanto").is_done
    assert not cell(NEW_YEAR, "Kansai").is_done


def test_mixed_area_is_answered_store_by_store(cast: Cast) -> None:
    Store.objects.filter(pk=cast.shinjuku.pk).update(country="US", subdivision="NY")
    answer(cast, (COMING_OF_AGE, cast.ginza.area_id))
    assert [row.store for row in SpecialDay.objects.all()] == [cast.ginza]


def test_store_that_spoke_for_itself_keeps_its_word(cast: Cast) -> None:
    set_day(cast.ginza, NEW_YEAR, SpecialKind.HOURS, ((600, 660),))
    answer(cast, (NEW_YEAR, cast.ginza.area_id))
    assert SpecialDay.objects.get(store=cast.ginza).kind == "HOURS"
    assert NEW_YEAR not in [each.on for each in proposals_for(cast.shinjuku, today=TODAY, language="ja")]


def test_exception_of_a_store_is_made_and_taken_back(cast: Cast) -> None:
    answer(cast, (NEW_YEAR, cast.ginza.area_id))
    said = {"store": cast.ginza, "on": NEW_YEAR, "name": "元日", "author": cast.hanako, "at": MORNING}
    answer_for_store(**said, choice=AS_USUAL)
    assert cell(NEW_YEAR, "Kanto").choices == ((AS_USUAL, 1), (CLOSED, 1))
    answer_for_store(**said, choice=None)
    assert cell(NEW_YEAR, "Kanto").choices == ((CLOSED, 2),)


def test_second_answer_and_unknown_picks_change_nothing(cast: Cast) -> None:
    assert answer(cast, (NEW_YEAR, cast.ginza.area_id)).answered == 1
    assert answer(cast, (NEW_YEAR, cast.ginza.area_id), what=AS_USUAL).answered == 0
    assert answer(cast, (date(2027, 1, 2), cast.ginza.area_id), (NEW_YEAR, 0)).answered == 0
    assert SpecialDay.objects.get().kind == "CLOSED"


def test_own_hours_are_kept_as_they_were_said(cast: Cast) -> None:
    answer(cast, (NEW_YEAR, cast.umeda.area_id), what=Choice(SpecialKind.HOURS, ((600, 900),)))
    row = SpecialDay.objects.get()
    assert (row.hours, row.author) == ([[600, 900]], cast.hanako)


def test_last_years_choice_is_suggested_before_the_neighbours(cast: Cast) -> None:
    for store in (cast.ginza, cast.shinjuku):
        SpecialDay.objects.create(store=store, on=date(2026, 1, 12), kind="HOURS", hours=[[600, 900]])
    set_day(cast.ginza, COMING_OF_AGE, SpecialKind.CLOSED)
    suggested = cell(COMING_OF_AGE, "Kanto").suggestion
    assert suggested is not None
    assert (suggested.choice, suggested.because) == (
        Choice(SpecialKind.HOURS, ((600, 900),)),
        Because.LAST_YEAR,
    )
    set_day(cast.ginza, NEW_YEAR, SpecialKind.CLOSED)
    suggested = cell(NEW_YEAR, "Kanto").suggestion
    assert suggested is not None
    assert (suggested.choice, suggested.because) == (CLOSED, Because.NEIGHBOURS)
    decision = answer(cast, (NEW_YEAR, cast.ginza.area_id), (NEW_YEAR, cast.umeda.area_id), what=None)
    assert (decision.answered, decision.without_suggestion) == (1, 1)
    assert SpecialDay.objects.get(area=cast.ginza.area).kind == "CLOSED"


def test_decision_is_undone_except_where_somebody_spoke_since(cast: Cast) -> None:
    change = answer(cast, (NEW_YEAR, cast.ginza.area_id), (NEW_YEAR, cast.umeda.area_id)).change
    assert change is not None
    SpecialDay.objects.filter(area=cast.umeda.area).update(kind="AS_USUAL")
    again = {"change": change, "author": cast.hanako, "today": TODAY, "at": MORNING}
    assert undo_change(**again) == Undone(restored=1, left=1)
    assert [day.area for day in SpecialDay.objects.all()] == [cast.umeda.area]
    assert undo_change(**again) == Undone(0, 0)


def test_answer_records_what_the_library_said_and_a_library_that_agrees_shows_nothing(cast: Cast) -> None:
    answer(cast, (NEW_YEAR, cast.ginza.area_id))
    edition = HolidayEdition.objects.get()
    name, version, recorded_on = edition.days["2027-01-01"]
    assert (name, recorded_on) == ("New Year's Day", "2026-11-24")
    assert version.startswith("0.")
    assert region_differences(Store.objects.all(), today=TODAY) == []


def moved_edition(cast: Cast) -> HolidayEdition:
    """As if an older library had put Coming of Age Day on the tenth, and the area had been closed for it."""
    answer(cast, (NEW_YEAR, cast.ginza.area_id))
    edition = HolidayEdition.objects.get()
    edition.days["2027-01-10"] = edition.days.pop("2027-01-11")
    edition.save(update_fields=["days"])
    SpecialDay.objects.create(
        area=cast.ginza.area, on=date(2027, 1, 10), kind="CLOSED", source="HOLIDAY", note="成人の日"
    )
    return edition


def test_moved_date_is_a_difference_and_moves_nothing_by_itself(cast: Cast) -> None:
    moved_edition(cast)
    found = region_differences(Store.objects.all(), today=TODAY)
    assert [(each.difference.was, each.difference.now, each.answers) for each in found] == [
        (date(2027, 1, 10), COMING_OF_AGE, 1)
    ]
    assert SpecialDay.objects.filter(on=date(2027, 1, 10)).exists()


def test_accepted_difference_moves_the_answers_and_is_undone(cast: Cast) -> None:
    moved_edition(cast)
    found = region_differences(Store.objects.all(), today=TODAY)[0]
    change = settle_difference(found=found, follow=True, author=cast.hanako, at=MORNING)
    assert set(SpecialDay.objects.values_list("on", flat=True)) == {NEW_YEAR, COMING_OF_AGE}
    assert region_differences(Store.objects.all(), today=TODAY) == []
    assert change is not None
    undo_change(change=change, author=cast.hanako, today=TODAY, at=MORNING)
    assert set(SpecialDay.objects.values_list("on", flat=True)) == {NEW_YEAR, date(2027, 1, 10)}
    assert len(region_differences(Store.objects.all(), today=TODAY)) == 1


def test_undone_difference_leaves_what_was_recorded_since(cast: Cast) -> None:
    edition = moved_edition(cast)
    found = region_differences(Store.objects.all(), today=TODAY)[0]
    change = settle_difference(found=found, follow=False, author=cast.hanako, at=MORNING)
    edition.refresh_from_db()
    edition.days["2027-04-29"] = ["Showa Day", "0.90", "2026-12-30"]
    edition.save(update_fields=["days"])
    assert change is not None
    undo_change(change=change, author=cast.hanako, today=TODAY, at=MORNING)
    edition.refresh_from_db()
    assert {"2027-01-10", "2027-04-29"} <= set(edition.days)
    assert "2027-01-11" not in edition.days


def test_difference_may_be_noted_and_the_answers_left(cast: Cast) -> None:
    moved_edition(cast)
    found = region_differences(Store.objects.all(), today=TODAY)[0]
    change = settle_difference(found=found, follow=False, author=cast.hanako, at=MORNING)
    assert change is not None
    assert change.kind == DayChange.Kind.DIFFERENCE
    assert SpecialDay.objects.filter(on=date(2027, 1, 10)).exists()
    assert region_differences(Store.objects.all(), today=TODAY) == []


def test_board_takes_two_queries_however_many_stores(cast: Cast, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(2):  # type: ignore[operator]
        board()
