"""The pages of stores: who may open them, what they save, and what they never lose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from stores.domain.hours import SpecialKind, SpecialSource
from stores.models import DayChange, SpecialDay, Store
from stores.selectors.rules import weeks_of
from stores.services.hours import hours_of
from stores.services.special_days import DayFacts, Scope, set_special_day
from tests.stores.conftest import MORNING, Cast, signed_in

STORE_PAGES = ("store-hours", "store-special-days")
FRANCHISE_PAGES = ("holidays", "stores-import", "stores-export")


@pytest.fixture(autouse=True)
def morning() -> Iterator[None]:
    with time_machine.travel(MORNING, tick=False):
        yield


def week_data(**days: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    data: dict[str, Any] = {"open_buffer_minutes": "30", "close_buffer_minutes": "30", "save": "1"}
    for key, pairs in days.items():
        data[f"opens-{key[1:]}"] = [opens for opens, _ in pairs]
        data[f"closes-{key[1:]}"] = [closes for _, closes in pairs]
    return data


class TestTheAccessLadder:
    @pytest.mark.parametrize("name", STORE_PAGES)
    def test_store_pages(self, cast: Cast, name: str) -> None:
        address = reverse(name, args=["JP-001"])
        assert Client().get(address).status_code == 302
        assert Client().get(address)["Location"].startswith("/login/")
        codes = {
            who: signed_in(getattr(cast, who)).get(address).status_code
            for who in ("kenji", "miru", "owari", "makoto", "hanako")
        }
        assert codes == {"kenji": 404, "miru": 403, "owari": 200, "makoto": 200, "hanako": 200}
        assert signed_in(cast.hanako).get(reverse(name, args=["JP-999"])).status_code == 404

    @pytest.mark.parametrize("name", FRANCHISE_PAGES)
    def test_franchise_pages(self, cast: Cast, name: str) -> None:
        address = reverse(name)
        assert Client().get(address).status_code == 302
        codes = {
            who: signed_in(getattr(cast, who)).get(address).status_code
            for who in ("miru", "owari", "makoto", "hanako")
        }
        assert codes == {"miru": 403, "owari": 403, "makoto": 403, "hanako": 200}

    def test_changes_climb_the_same_ladder(self, cast: Cast) -> None:
        facts = DayFacts(date(2026, 12, 25), SpecialKind.CLOSED)
        day = set_special_day(scope=Scope(cast.ginza), facts=facts, author=None, at=MORNING)
        for name, args in (
            ("store-hours", ["JP-001"]),
            ("store-hours-copy", ["JP-001"]),
            ("store-special-days", ["JP-001"]),
            ("store-special-day-remove", ["JP-001", day.pk]),
        ):
            address = reverse(name, args=args)
            assert signed_in(cast.kenji).post(address, week_data()).status_code == 404
            assert signed_in(cast.miru).post(address, week_data()).status_code == 403
        for name, args in (("holidays", []), ("holiday-remove", [day.pk]), ("stores-import-confirm", [])):
            assert signed_in(cast.makoto).post(reverse(name, args=args)).status_code == 403
        assert weeks_of([cast.ginza.pk])
        assert SpecialDay.objects.count() == 1

    def test_changes_take_post_and_a_token(self, cast: Cast) -> None:
        for name, args in (("store-hours-copy", ["JP-001"]), ("stores-import-confirm", [])):
            assert signed_in(cast.hanako).get(reverse(name, args=args)).status_code == 405
        client = Client(enforce_csrf_checks=True)
        client.force_login(cast.owari)
        assert client.post(reverse("store-hours", args=["JP-001"]), week_data()).status_code == 403

    def test_day_of_another_store_is_not_removed_through_ones_own(self, cast: Cast) -> None:
        facts = DayFacts(date(2026, 12, 25), SpecialKind.CLOSED)
        day = set_special_day(scope=Scope(cast.umeda), facts=facts, author=None, at=MORNING)
        address = reverse("store-special-day-remove", args=["JP-001", day.pk])
        assert signed_in(cast.owari).post(address).status_code == 404


class TestTheWeek:
    def test_week_and_buffers_are_saved_as_typed_on_a_phone(self, cast: Cast) -> None:
        data = week_data(d0=(("７：００", "12"), ("14:00", "1930")), d4=(("18:00", "2:00"), ("", "")))
        data |= {"open_buffer_minutes": "20", "close_buffer_minutes": "0"}
        response = signed_in(cast.owari).post(reverse("store-hours", args=["JP-001"]), data)
        assert (response.status_code, response["Location"]) == (302, reverse("store-hours", args=["JP-001"]))
        hours = hours_of(Store.objects.get(code="JP-001"))
        assert hours.weekly == (((420, 720), (840, 1170)), (), (), (), ((1080, 1560),), (), ())
        assert (hours.open_buffer_minutes, hours.close_buffer_minutes) == (20, 0)

    def test_closed_day_is_closed_whatever_stands_beside_it(self, cast: Cast) -> None:
        data = week_data(d0=(("7:00", "12:00"),), d1=(("7:00", "12:00"),)) | {"closed-0": "on"}
        signed_in(cast.owari).post(reverse("store-hours", args=["JP-001"]), data)
        assert weeks_of([cast.ginza.pk])[cast.ginza.pk] == ((), ((420, 720),), (), (), (), (), ())

    def test_error_stands_beside_its_day_and_nothing_typed_is_lost(self, cast: Cast) -> None:
        data = week_data(d0=(("7:00", "soon"),), d5=(("22:00", "8:00"),), d6=(("6:00", "9:15"),))
        data["open_buffer_minutes"] = "900"
        page = signed_in(cast.owari).post(reverse("store-hours", args=["JP-001"]), data).content.decode()
        assert "“soon” is not a time" in page
        for typed in ("7:00", "soon", "22:00", "8:00", "6:00", "9:15", "900"):
            assert f'value="{typed}"' in page
        assert weeks_of([cast.ginza.pk])[cast.ginza.pk][0] == ((420, 1200),)

    def test_night_that_runs_into_the_morning_is_said_beside_its_day(self, cast: Cast) -> None:
        data = week_data(d5=(("22:00", "8:00"),), d6=(("6:00", "9:15"),))
        form = signed_in(cast.owari).post(reverse("store-hours", args=["JP-001"]), data).context["form"]
        assert [bool(day.errors) for day in form.days] == [False] * 5 + [True, False]
        assert "runs into Sun 06:00" in form.days[5].errors[0]

    def test_errors_are_japanese_for_a_japanese_reader(self, cast: Cast) -> None:
        data = week_data(d0=(("7:00", "7:00"),))
        page = signed_in(cast.owari, "ja").post(reverse("store-hours", args=["JP-001"]), data)
        assert "長さがありません" in page.context["form"].days[0].errors[0]
        assert "営業時間" in page.content.decode()

    def test_somebody_elses_save_is_not_overwritten_unseen(self, cast: Cast) -> None:
        address, client = reverse("store-hours", args=["JP-001"]), signed_in(cast.owari)
        seen = client.get(address).context["form"].stamp
        signed_in(cast.makoto).post(address, week_data(d0=(("8:00", "9:00"),)) | {"seen": seen})
        mine = week_data(d0=(("7:00", "21:00"),))
        refused = client.post(address, mine | {"seen": seen})
        assert "Somebody else saved other hours" in refused.content.decode()
        assert 'value="21:00"' in refused.content.decode()
        assert client.post(address, mine | {"seen": refused.context["form"].stamp}).status_code == 302

    def test_next_day_is_hinted_after_midnight(self, cast: Cast) -> None:
        client, address = signed_in(cast.owari), reverse("store-hours", args=["JP-001"])
        client.post(address, week_data(d4=(("18:00", "26:00"),)))
        friday = client.get(address).context["form"].days[4].spans[0]
        assert (friday.opens, friday.closes, friday.is_next_day) == ("18:00", "02:00", True)

    def test_week_is_copied_to_the_area_and_to_no_store_of_others(self, cast: Cast) -> None:
        address = reverse("store-hours-copy", args=["JP-001"])
        signed_in(cast.makoto).post(address, {"codes": "JP-101"})
        assert not weeks_of([cast.umeda.pk])
        signed_in(cast.makoto).post(address, {"whole_area": "on"})
        assert weeks_of([cast.shinjuku.pk])[cast.shinjuku.pk] == weeks_of([cast.ginza.pk])[cast.ginza.pk]
        signed_in(cast.hanako).post(address, {"codes": "JP-101、 JP-002"})
        assert weeks_of([cast.umeda.pk])

    def test_page_has_a_query_ceiling(self, cast: Cast, django_assert_max_num_queries: Any) -> None:
        client = signed_in(cast.hanako)
        with django_assert_max_num_queries(12):
            client.get(reverse("store-hours", args=["JP-001"]))


class TestSpecialDays:
    address = "/stores/JP-001/special-days/"

    def test_day_is_set_listed_removed_and_brought_back(self, cast: Cast) -> None:
        client = signed_in(cast.owari)
        data = {
            "on": "2026-11-24",
            "kind": "HOURS",
            "opens": "7:00",
            "closes": "15",
            "note": "Stocktaking",
            "save": "1",
        }
        assert client.post(self.address, data).status_code == 302
        day = SpecialDay.objects.get()
        assert (day.store, day.hours, day.note, day.author) == (
            cast.ginza,
            [[420, 900]],
            "Stocktaking",
            cast.owari,
        )
        assert "07:00–15:00" in client.get(self.address).content.decode()
        removed = client.post(reverse("store-special-day-remove", args=["JP-001", day.pk]))
        assert not SpecialDay.objects.exists()
        undo = client.get(removed["Location"]).context["undo"]
        spans = [(span.opens, span.closes) for span in undo.day.spans]
        again = {**undo.initial, "opens": [o for o, _ in spans], "closes": [c for _, c in spans]}
        again |= {"on": undo.initial["on"].isoformat(), "save": "1"}
        names = ("on", "kind", "note", "opens", "closes", "save")
        client.post(self.address, {name: again[name] for name in names})
        assert SpecialDay.objects.get().hours == [[420, 900]]

    def test_forged_undo_is_passed_over(self, cast: Cast) -> None:
        assert signed_in(cast.owari).get(f"{self.address}?undo=nonsense").context["undo"] is None

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            ({"on": "2026-11-23", "kind": "CLOSED"}, "today is Nov. 24, 2026 (Asia/Tokyo)"),
            ({"on": "2026-12-01", "kind": "HOURS", "opens": "7", "closes": ""}, "both the opening and"),
            ({"on": "2026-12-01", "kind": "HOURS"}, "Write the hours of this day"),
            ({"on": "sometime", "kind": "CLOSED"}, "Enter a valid date"),
            ({"on": "2026-12-01", "kind": "MAYBE"}, "Select a valid choice"),
        ],
    )
    def test_what_cannot_stand_is_said_and_kept(
        self, cast: Cast, data: dict[str, str], sentence: str
    ) -> None:
        page = signed_in(cast.owari).post(self.address, data | {"note": "keep me"}).content.decode()
        assert sentence in page
        assert 'value="keep me"' in page
        assert not SpecialDay.objects.exists()

    def test_proposed_holiday_is_accepted_or_declined_in_place(self, cast: Cast) -> None:
        client = signed_in(cast.owari, "ja")
        first, second = client.get(self.address).context["proposals"][:2]
        for day, kind in ((first, "CLOSED"), (second, "AS_USUAL")):
            said = {"on": day.on, "kind": kind, "note": day.name, "is_holiday": "1", "save": "1"}
            client.post(self.address, said)
        rows = list(SpecialDay.objects.order_by("on").values_list("kind", "note", "source"))
        assert rows == [("CLOSED", "元日", "HOLIDAY"), ("AS_USUAL", "成人の日", "HOLIDAY")]
        left = [each.on for each in client.get(self.address).context["proposals"]]
        assert not {first.on, second.on} & set(left)

    def test_form_offers_the_usual_hours_and_a_day_that_is_set_already(self, cast: Cast) -> None:
        client = signed_in(cast.owari)
        form = client.get(f"{self.address}?on=2026-12-01").context["form"]
        assert [(span.opens, span.closes) for span in form.day.spans] == [("07:00", "20:00")]
        facts = DayFacts(date(2026, 12, 1), SpecialKind.HOURS, ((600, 660),), "Party")
        set_special_day(scope=Scope(cast.ginza), facts=facts, author=None, at=MORNING)
        form = client.get(f"{self.address}?on=2026-12-01").context["form"]
        assert (form.initial["note"], form.day.spans[0].opens) == ("Party", "10:00")

    def test_days_of_wider_scopes_are_shown_but_not_removed_here(self, cast: Cast) -> None:
        facts = DayFacts(date(2026, 12, 1), SpecialKind.CLOSED)
        day = set_special_day(scope=Scope(area=cast.ginza.area), facts=facts, author=None, at=MORNING)
        client = signed_in(cast.owari)
        assert "for all of Kanto" in client.get(self.address).content.decode()
        assert client.post(reverse("store-special-day-remove", args=["JP-001", day.pk])).status_code == 404

    def test_page_has_a_query_ceiling(self, cast: Cast, django_assert_max_num_queries: Any) -> None:
        for number in range(40):
            facts = DayFacts(date.fromordinal(date(2026, 12, 1).toordinal() + number), SpecialKind.CLOSED)
            set_special_day(scope=Scope(cast.ginza), facts=facts, author=cast.owari, at=MORNING)
        client = signed_in(cast.owari)
        with django_assert_max_num_queries(14):
            client.get(self.address)


class TestHolidays:
    def test_many_are_decided_at_once_and_can_be_taken_back(self, cast: Cast) -> None:
        client, address = signed_in(cast.hanako, "ja"), reverse("holidays")
        picks = ["2027-01-01:all", f"2027-01-11:{cast.umeda.area_id}"]
        assert client.post(address, {"pick": picks, "kind": "CLOSED"}).status_code == 302
        rows = SpecialDay.objects.order_by("on", "area__name").values_list("on", "area__name", "source")
        assert list(rows) == [
            (date(2027, 1, 1), "Kansai", SpecialSource.HOLIDAY),
            (date(2027, 1, 1), "Kanto", SpecialSource.HOLIDAY),
            (date(2027, 1, 11), "Kansai", SpecialSource.HOLIDAY),
        ]
        first = client.get(address).context["board"].rows[0]
        assert (first.on, first.open_cells) == (date(2027, 1, 1), 0)
        client.post(reverse("holiday-remove", args=[SpecialDay.objects.order_by("on").first().pk]))
        assert client.get(address).context["board"].rows[0].open_cells == 1
        client.post(reverse("days-undo", args=[DayChange.objects.get().pk]))
        assert not SpecialDay.objects.exists()

    def test_nothing_ticked_is_said_and_hours_typed_are_kept(self, cast: Cast) -> None:
        data = {"kind": "HOURS", "opens": "10:00", "closes": "noon", "pick": ["2027-01-01:all"]}
        page = signed_in(cast.hanako).post(reverse("holidays"), data).content.decode()
        assert "“noon” is not a time" in page
        assert 'value="noon"' in page
        assert 'value="2027-01-01:all" data-pick-all checked' in page
        page = signed_in(cast.hanako).post(reverse("holidays"), {"kind": "CLOSED"}).content.decode()
        assert "Tick at least one holiday" in page

    def test_cell_decides_for_its_area_and_for_one_store(self, cast: Cast) -> None:
        client, area = signed_in(cast.hanako), cast.ginza.area_id
        address = reverse("holiday-cell", args=["2027-01-01", area])
        assert "0 of 2 answered" in client.get(address).content.decode()
        assert client.post(address, {"kind": "CLOSED"})["Location"] == address
        client.post(address, {"store": cast.ginza.pk, "kind": "AS_USUAL"})
        assert "differs from its area" in client.get(address).content.decode()
        assert client.post(address, {"store": cast.umeda.pk, "kind": "CLOSED"}).status_code == 404
        assert client.get(reverse("holiday-cell", args=["2027-01-02", area])).status_code == 404
        assert signed_in(cast.makoto).get(address).status_code == 403

    def test_undo_is_for_headquarters_and_the_author(self, cast: Cast) -> None:
        signed_in(cast.hanako).post(reverse("holidays"), {"pick": ["2027-01-01:all"], "kind": "CLOSED"})
        undo = reverse("days-undo", args=[DayChange.objects.get().pk])
        assert signed_in(cast.makoto).post(undo).status_code == 404
        assert signed_in(cast.hanako).post(undo).status_code == 302

    def test_unknown_country_is_said(self, cast: Cast) -> None:
        Store.objects.filter(pk=cast.umeda.pk).update(country="XX")
        assert "“XX”" in signed_in(cast.hanako).get(reverse("holidays")).content.decode()

    def test_page_has_a_query_ceiling(self, cast: Cast, django_assert_max_num_queries: Any) -> None:
        client = signed_in(cast.hanako)
        with django_assert_max_num_queries(14):
            client.get(reverse("holidays"))
