"""Special days from calendar files: what they mean, and what is refused before it can hurt."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from dateutil.rrule import rrulestr
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.base.models import User
from stores.domain.bounds import Limits
from stores.domain.hours import SpecialKind
from stores.domain.recurrence import RuleRefused, instances, rule_of
from stores.models import DayChange, SpecialDay, Store
from stores.services.bounds import set_bounds
from stores.services.ical_import import CalendarPlan, plan_calendar
from stores.services.ical_lines import CalendarRefused
from stores.services.special_days import Scope
from tests.stores.conftest import MORNING, Cast, signed_in


def ics(*events: str) -> str:
    body = "".join(f"BEGIN:VEVENT\nUID:e{n}\n{event}\nEND:VEVENT\n" for n, event in enumerate(events, 1))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//x\n{body}END:VCALENDAR\n".replace("\n", "\r\n")


def plan(
    store: Store, *events: str, kind: SpecialKind = SpecialKind.CLOSED, author: User | None = None
) -> CalendarPlan:
    file = io.BytesIO(ics(*events).encode())
    return plan_calendar(scope=Scope(store), file=file, all_day=kind, author=author, at=MORNING)


def said(found: CalendarPlan) -> list[tuple[str, str, tuple[tuple[int, int], ...]]]:
    assert found.problems == ()
    return [(each.on.isoformat(), each.after.kind.value, each.after.hours) for each in found.changes]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("DTSTART;VALUE=DATE:20261231", [("2026-12-31", "CLOSED", ())]),
        (
            "DTSTART;VALUE=DATE:20261230\nDTEND;VALUE=DATE:20270101",
            [("2026-12-30", "CLOSED", ()), ("2026-12-31", "CLOSED", ())],
        ),
        (
            "DTSTART;TZID=Asia/Tokyo:20261231T100000\nDTEND;TZID=Asia/Tokyo:20261231T150000",
            [("2026-12-31", "HOURS", ((600, 900),))],
        ),
        ("DTSTART:20261231T010000Z\nDURATION:PT5H", [("2026-12-31", "HOURS", ((600, 900),))]),
        ("DTSTART:20261231T100000\nDURATION:PT5H", [("2026-12-31", "HOURS", ((600, 900),))]),
        (
            "DTSTART;TZID=Asia/Tokyo:20261231T180000\nDTEND;TZID=Asia/Tokyo:20270101T020000",
            [("2026-12-31", "HOURS", ((1080, 1560),))],
        ),
        ("DTSTART;VALUE=DATE:20261123", []),
        ("DTSTART;VALUE=DATE:20261231\nSTATUS:CANCELLED", []),
        (
            "DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;VALUE=DATE:20261208",
            [("2026-12-01", "CLOSED", ()), ("2026-12-15", "CLOSED", ())],
        ),
        (
            "DTSTART;VALUE=DATE:20201231\nRRULE:FREQ=YEARLY;UNTIL=20270101",
            [("2026-12-31", "CLOSED", ())],
        ),
    ],
)
def test_event_becomes_special_days(cast: Cast, event: str, expected: list[Any]) -> None:
    assert said(plan(cast.ginza, event)) == expected


def test_two_timed_events_of_a_day_are_its_stretches(cast: Cast) -> None:
    found = plan(
        cast.ginza,
        "SUMMARY:Morning\nDTSTART:20261231T070000\nDURATION:PT3H",
        "SUMMARY:Evening\nDTSTART:20261231T150000\nDURATION:PT3H",
    )
    assert said(found) == [("2026-12-31", "HOURS", ((420, 600), (900, 1080)))]
    assert found.changes[0].after.note == "Morning / Evening"


def test_changed_instance_replaces_that_of_its_rule(cast: Cast) -> None:
    text = ics(
        "DTSTART:20261201T100000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;COUNT=2",
        "RECURRENCE-ID:20261208T100000\nDTSTART:20261209T120000\nDURATION:PT2H",
    ).replace("UID:e2", "UID:e1")
    found = plan_calendar(
        scope=Scope(cast.ginza),
        file=io.BytesIO(text.encode()),
        all_day=SpecialKind.CLOSED,
        author=None,
        at=MORNING,
    )
    assert [on for on, _, _ in said(found)] == ["2026-12-01", "2026-12-09"]


@pytest.mark.parametrize("more", ["", "DTSTART;VALUE=DATE:20261208\n"])
def test_cancelled_instance_is_no_day_of_its_rule(cast: Cast, more: str) -> None:
    text = ics(
        "DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261203\nRRULE:FREQ=WEEKLY;COUNT=2",
        f"RECURRENCE-ID;VALUE=DATE:20261208\n{more}STATUS:CANCELLED",
    ).replace("UID:e2", "UID:e1")
    found = plan_calendar(
        scope=Scope(cast.ginza), file=io.BytesIO(text.encode()), all_day=SpecialKind.CLOSED, at=MORNING
    )
    assert [on for on, _, _ in said(found)] == ["2026-12-01", "2026-12-02"]


def test_changed_instance_is_named_on_the_events_own_clock(cast: Cast) -> None:
    text = ics(
        "DTSTART:20261130T230000Z\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;COUNT=2",
        "RECURRENCE-ID:20261207T230000Z\nDTSTART:20261208T010000Z\nDURATION:PT2H",
    ).replace("UID:e2", "UID:e1")
    found = plan_calendar(
        scope=Scope(cast.ginza), file=io.BytesIO(text.encode()), all_day=SpecialKind.CLOSED, at=MORNING
    )
    assert [(on, hours) for on, _, hours in said(found)] == [
        ("2026-12-01", ((480, 600),)),
        ("2026-12-08", ((600, 720),)),
    ]


def test_owners_file_keeps_the_bounds_and_headquarters_may_exceed_them(cast: Cast) -> None:
    limits = Limits(latest_closing_minute=21 * 60)
    set_bounds(area=None, store=None, limits=limits, author=cast.hanako, at=MORNING)
    text = ics("DTSTART:20261231T100000\nDURATION:PT13H").encode()

    def read(author: User) -> CalendarPlan:
        return plan_calendar(
            scope=Scope(cast.ginza), file=io.BytesIO(text), all_day=SpecialKind.CLOSED, at=MORNING,
            author=author,
        )  # fmt: skip

    assert "allows closing at 21:00" in read(cast.owari).problems[0].reason
    assert read(cast.hanako).problems == ()


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("DTSTART;VALUE=DATE:20261301", "cannot be read"),
        ("SUMMARY:no start", "no start"),
        ("DTSTART;VALUE=DATE:20261101\nRRULE:FREQ=DAILY", "more than 400 instances"),
        ("DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=SECONDLY", "“SECONDLY” is not read"),
        ("DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=YEARLY;BYSETPOS=1;BYDAY=MO", "BYSETPOS"),
        ("DTSTART;VALUE=DATE:20261201\nRDATE;VALUE=DATE:20261202", "RDATE"),
        ("DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20270301", "more than 62"),
        ("DTSTART:20261201T100000\nDTEND:20261203T100000", "longer than a day"),
        ("DTSTART;TZID=Mars/Olympus:20261201T100000\nDURATION:PT1H", "“Mars/Olympus” is unknown"),
        ("DTSTART;VALUE=DATE:19000101\nRRULE:FREQ=DAILY;COUNT=999999", "too long ago"),
    ],
)
def test_event_that_cannot_be_said_is_named_by_line_and_uid(cast: Cast, event: str, reason: str) -> None:
    found = plan(cast.ginza, "DTSTART;VALUE=DATE:20261224", event)
    assert [(each.line, each.uid) for each in found.problems] == [(8, "e2")]
    assert reason in found.problems[0].reason


def test_hours_that_overlap_or_stand_beside_a_whole_day_are_refused(cast: Cast) -> None:
    whole = plan(cast.ginza, "DTSTART;VALUE=DATE:20261231", "DTSTART:20261231T070000\nDURATION:PT3H")
    assert "Keep one of the two" in whole.problems[0].reason
    both = plan(
        cast.ginza,
        "DTSTART:20261231T070000\nDURATION:PT3H",
        "DTSTART:20261231T080000\nDURATION:PT3H",
    )
    assert "overlap" in both.problems[0].reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello", "does not begin with"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\n", "ends inside VEVENT"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VALARM\n", "Line 3 ends VALARM"),
        ("BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 9, "Line 5 nests too deep"),
        ("BEGIN:VCALENDAR\nSUMMARY:" + "x" * 9_000, "Line 2 is longer"),
        ("BEGIN:VCALENDAR\nSUMMARY:" + "\n x" * 9_000, "Line 2 is longer"),
        ("BEGIN:VCALENDAR\n" + "X:1\n" * 20_001, "more than 20000 lines"),
        ("BEGIN:VCALENDAR\n" + "X" * 1_000_001, "larger than 1 MB"),
        ("BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\nEND:VEVENT\n" * 1_001, "more than 1000 events"),
        ("BEGIN:VCALENDAR\nPRODID:-//Kamado//Opening windows//EN\n", "feed of this portal"),
    ],
)
def test_file_that_is_none_or_too_much_is_refused(cast: Cast, text: str, reason: str) -> None:
    with pytest.raises(CalendarRefused, match=reason):
        plan_calendar(
            scope=Scope(cast.ginza),
            file=io.BytesIO(text.encode()),
            all_day=SpecialKind.CLOSED,
            author=None,
            at=MORNING,
        )


MONTH_DAYS = st.sampled_from([1, 31, -1])
RULES = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(2, 40)),
    st.builds("FREQ=WEEKLY;INTERVAL={};BYDAY={}".format, st.integers(1, 4), st.sampled_from(["MO", "SA,SU"])),
    st.builds("FREQ=WEEKLY;INTERVAL=2;WKST={};BYDAY=SU,MO".format, st.sampled_from(["SU", "MO", "TH"])),
    st.builds("FREQ=MONTHLY;INTERVAL={};BYMONTHDAY={}".format, st.integers(1, 3), MONTH_DAYS),
    st.builds("FREQ=MONTHLY;BYDAY={}".format, st.sampled_from(["1MO", "-1FR", "2TU,4TU", "5WE"])),
    st.builds("FREQ=MONTHLY;INTERVAL={}".format, st.integers(1, 5)),
    st.builds("FREQ=YEARLY;BYMONTH={};BYDAY=2SU".format, st.integers(1, 12)),
    st.just("FREQ=YEARLY"),
    st.just("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"),
    st.just("FREQ=DAILY;BYDAY=FR;BYMONTHDAY=13"),
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RULES, st.dates(date(2024, 1, 1), date(2026, 12, 31)), st.none() | st.integers(1, 30))
def test_rule_gives_the_dates_that_dateutil_gives(text: str, start: date, count: int | None) -> None:
    text += f";COUNT={count}" if count else ""
    first, last = date(2026, 11, 24), date(2027, 12, 29)
    begins = datetime(start.year, start.month, start.day)  # noqa: DTZ001  dateutil's dates have no zone
    oracle = rrulestr(f"RRULE:{text}", dtstart=begins)
    until = datetime(last.year, last.month, last.day)  # noqa: DTZ001
    expected = [each.date() for each in oracle.between(begins, until, inc=True) if each.date() >= first]
    parts = {name: values.split(",") for name, values in (part.split("=") for part in text.split(";"))}
    assert instances(rule_of(parts), start, first_on=first, last_on=last) == expected


def test_rule_that_never_comes_ends_at_once() -> None:
    rule = rule_of({"FREQ": ["DAILY"], "BYMONTH": ["2"], "BYMONTHDAY": ["30"]})
    assert instances(rule, MORNING.date(), first_on=MORNING.date(), last_on=date(2027, 12, 29)) == []
    with pytest.raises(RuleRefused):
        rule_of({"FREQ": ["WEEKLY"], "BYDAY": ["2MO"]})


class TestThePage:
    def upload(self, client: Any, address: str, text: str, **more: str) -> Any:
        file = io.BytesIO(text.encode())
        file.name = "days.ics"
        with time_machine.travel(MORNING, tick=False):
            return client.post(address, {"file": file, "all_day": "CLOSED", **more})

    def test_file_is_shown_then_written_then_undone(self, cast: Cast) -> None:
        SpecialDay.objects.create(store=cast.ginza, on=date(2026, 12, 31), kind="AS_USUAL", note="before")
        client, address = signed_in(cast.owari), reverse("store-calendar-import", args=["JP-001"])
        text = ics("SUMMARY:Rest\nDTSTART;VALUE=DATE:20261231", "DTSTART;VALUE=DATE:20270102")
        shown = self.upload(client, address, text)
        assert "This would change" in shown.content.decode()
        assert SpecialDay.objects.count() == 1
        with time_machine.travel(MORNING + timedelta(minutes=1), tick=False):
            token = shown.context["token"]
            assert client.post(address, {"token": token, "all_day": "CLOSED"}).status_code == 302
            rows = SpecialDay.objects.order_by("on").values_list("kind", "note", "source", "author")
            assert list(rows) == [
                ("CLOSED", "Rest", "IMPORT", cast.owari.pk),
                ("CLOSED", "", "IMPORT", cast.owari.pk),
            ]
            page = client.get(reverse("store-special-days", args=["JP-001"])).content.decode()
            undo = reverse("days-undo", args=[DayChange.objects.get().pk])
            assert undo in page
            client.post(undo)
        assert list(SpecialDay.objects.values_list("kind", "note")) == [("AS_USUAL", "before")]

    def test_problem_offers_nothing_to_write(self, cast: Cast) -> None:
        address = reverse("store-calendar-import", args=["JP-001"])
        page = self.upload(signed_in(cast.owari), address, ics("SUMMARY:no start"))
        assert "The event has no start." in page.content.decode()
        assert page.context["token"] == ""
        assert "does not begin with" in self.upload(signed_in(cast.owari), address, "x").content.decode()

    def test_headquarters_writes_for_an_area(self, cast: Cast) -> None:
        client, address = signed_in(cast.hanako), reverse("holidays-import")
        area = str(cast.ginza.area_id)
        shown = self.upload(client, address, ics("DTSTART;VALUE=DATE:20261231"), area=area)
        token = shown.context["token"]
        with time_machine.travel(MORNING, tick=False):
            client.post(address, {"token": token, "all_day": "CLOSED", "area": area})
        assert SpecialDay.objects.get().area == cast.ginza.area

    def test_outsiders_and_viewers_are_kept_out(self, cast: Cast) -> None:
        address = reverse("store-calendar-import", args=["JP-001"])
        assert signed_in(cast.kenji).post(address, {"token": "x"}).status_code == 404
        assert signed_in(cast.miru).post(address, {"token": "x"}).status_code == 403
        assert signed_in(cast.makoto).post(reverse("holidays-import"), {"token": "x"}).status_code == 403
        assert signed_in(cast.owari).post(address, {"token": "x"}).status_code == 400


def test_file_of_an_owner_goes_no_further_than_the_bounds(cast: Cast) -> None:
    limits = Limits(latest_closing_minute=22 * 60, most_open_minutes=79 * 60)
    set_bounds(area=None, store=None, limits=limits, author=cast.hanako, at=MORNING)
    night = "DTSTART:20261201T070000\nDTEND:20261202T030000"
    # Each adds an hour to 78 a week; together they are 80.
    longer = [
        "DTSTART:20261208T070000\nDTEND:20261208T210000",
        "DTSTART:20261209T070000\nDTEND:20261209T210000",
    ]
    refused = plan(cast.ginza, night, *longer, author=cast.owari).problems
    assert [each.line for each in refused] == [4, 14]
    assert "closing at 22:00 at the latest" in refused[0].reason
    assert "this would be 80" in refused[1].reason
    assert not plan(cast.ginza, night, *longer, author=cast.hanako).problems
    sent = io.BytesIO(ics(night).encode())
    sent.name = "night.ics"
    with time_machine.travel(MORNING, tick=False):
        page = signed_in(cast.owari).post(
            reverse("store-calendar-import", args=["JP-001"]), {"file": sent, "all_day": "CLOSED"}
        )
    assert "closing at 22:00 at the latest" in page.content.decode()
    assert 'name="token"' not in page.content.decode()
