"""Opening hours in people's own calendars."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from stores.domain.hours import SpecialKind
from stores.domain.ical_text import CalendarEvent, escaped, event_lines, fold
from stores.models import CalendarFeed, Membership, Store
from stores.services.calendar_feeds import add_feed, feed_token
from stores.services.special_days import DayFacts, Scope, set_special_day
from tests.stores.conftest import MORNING, Cast, signed_in


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


def feed_for(cast: Cast, **scope: Any) -> CalendarFeed:
    said = {"store": None, "area": None, "has_ready": False, **scope}
    return add_feed(user=cast.owari, at=MORNING, **said)


def read(feed: CalendarFeed, at: datetime = MORNING, **headers: str) -> Any:
    with time_machine.travel(at, tick=False):
        return Client(headers=headers).get(reverse("calendar-feed", args=[feed_token(feed)]))


def events(answer: Any) -> dict[str, Any]:
    calendar = Calendar.from_ical(answer.content)
    assert not calendar.errors
    assert all(not each.errors for each in calendar.walk())
    return {str(each["UID"]): each for each in calendar.walk("VEVENT")}


def test_openings_closed_days_and_their_zone_are_valid_icalendar(cast: Cast) -> None:
    closed = DayFacts(date(2026, 11, 25), SpecialKind.CLOSED, note="棚卸し, 本部; 確認")
    set_special_day(scope=Scope(cast.ginza), facts=closed, author=None, at=MORNING)
    answer = read(feed_for(cast, store=cast.ginza))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    calendar, found = Calendar.from_ical(answer.content), events(answer)
    assert [str(each["TZID"]) for each in calendar.walk("VTIMEZONE")] == ["Asia/Tokyo"]
    opening = found[f"open-{cast.ginza.pk}-20261124-1@localhost"]
    assert opening["DTSTART"].dt.astimezone(UTC) == datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    assert opening["DTEND"].dt.astimezone(UTC) == datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    assert f"open-{cast.ginza.pk}-20261125-1@localhost" not in found
    assert str(found[f"closed-{cast.ginza.pk}-20261125@localhost"]["SUMMARY"]).endswith("棚卸し, 本部; 確認")
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))


def test_uid_stays_when_the_hours_change(cast: Cast) -> None:
    feed = feed_for(cast, store=cast.ginza)
    before = set(events(read(feed)))
    facts = DayFacts(date(2026, 11, 25), SpecialKind.HOURS, ((600, 660),))
    set_special_day(scope=Scope(cast.ginza), facts=facts, author=None, at=MORNING)
    assert set(events(read(feed))) == before


def test_reader_is_told_that_nothing_changed(cast: Cast) -> None:
    feed = feed_for(cast, store=cast.ginza)
    first = read(feed)
    later = MORNING + timedelta(hours=3)
    again = read(feed, later, if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert read(feed, later, if_modified_since=first["Last-Modified"]).status_code == 304
    facts = DayFacts(date(2026, 11, 26), SpecialKind.CLOSED)
    set_special_day(scope=Scope(cast.ginza), facts=facts, author=None, at=later)
    changed = read(feed, later, if_none_match=first["ETag"])
    assert changed.status_code == 200
    assert changed["Last-Modified"] == "Tue, 24 Nov 2026 03:00:00 GMT"


def test_second_time_of_an_autumn_night_is_written_in_utc() -> None:
    start = int(datetime(2026, 10, 24, 16, 0, tzinfo=UTC).timestamp())
    end = int(datetime(2026, 10, 25, 1, 30, tzinfo=UTC).timestamp())
    event = CalendarEvent("a@b", "Night", date(2026, 10, 24), (start, end), "Europe/Berlin")
    lines = list(event_lines([event], stamp=MORNING))
    assert "DTSTART;TZID=Europe/Berlin:20261024T180000" in lines
    assert "DTEND:20261025T013000Z" in lines


def test_long_lines_are_folded_between_characters_and_text_is_escaped() -> None:
    line = "SUMMARY:" + "竈🥐" * 60
    folded = list(fold(line))
    assert all(len(part.encode()) <= 75 for part in folded)
    assert "".join([folded[0], *(part[1:] for part in folded[1:])]) == line
    assert escaped("a,b;c\\d\ne") == "a\\,b\\;c\\\\d\\ne"


def test_area_shows_the_persons_own_stores_only(cast: Cast) -> None:
    found = events(read(feed_for(cast, area=cast.ginza.area)))
    assert {uid.split("-")[1] for uid in found} == {str(cast.ginza.pk)}


def test_feed_with_ready_times_begins_before_the_opening(cast: Cast) -> None:
    found = events(read(feed_for(cast, store=cast.ginza, has_ready=True)))
    ready = found[f"ready-{cast.ginza.pk}-20261124-1@localhost"]
    assert ready["DTSTART"].dt < found[f"open-{cast.ginza.pk}-20261124-1@localhost"]["DTSTART"].dt


def test_address_ends_when_it_is_rotated_revoked_or_the_person_goes(cast: Cast) -> None:
    feed, client = feed_for(cast, store=cast.ginza), signed_in(cast.owari)
    client.post(reverse("calendar-act", args=[feed.pk]), {"rotate": "1"})
    assert read(feed).status_code == 410
    feed.refresh_from_db()
    assert read(feed).status_code == 200
    Membership.objects.filter(user=cast.owari).delete()
    assert read(feed).status_code == 404
    client.post(reverse("calendar-act", args=[feed.pk]), {"revoke": "1"})
    assert read(feed).status_code == 410
    assert Client().get(reverse("calendar-feed", args=["nonsense"])).status_code == 404


def test_feed_is_not_read_without_end(cast: Cast) -> None:
    feed = feed_for(cast, store=cast.ginza)
    cache.set(f"limit:calendar:{feed.pk}", 60, 600)
    assert read(feed)["Retry-After"] == "600"


def test_page_makes_feeds_of_ones_own_stores_only(cast: Cast) -> None:
    client, address = signed_in(cast.owari), reverse("calendars")
    assert client.post(address, {"code": "JP-001"}).status_code == 302
    assert feed_token(CalendarFeed.objects.get()) in client.get(address).content.decode()
    assert "among yours" in client.post(address, {"code": "JP-101"}).content.decode()
    assert "Choose a store or an area" in client.post(address, {"code": ""}).content.decode()
    other = reverse("calendar-act", args=[CalendarFeed.objects.get().pk])
    assert signed_in(cast.makoto).post(other, {"revoke": "1"}).status_code == 404


def test_feed_takes_few_queries_however_many_stores(cast: Cast, django_assert_max_num_queries: Any) -> None:
    area = cast.ginza.area
    Store.objects.bulk_create(
        Store(code=f"X{number}", name="X", area=area, timezone="Asia/Tokyo") for number in range(40)
    )
    feed = add_feed(user=cast.makoto, store=None, area=area, has_ready=True, at=MORNING)
    with django_assert_max_num_queries(16):
        read(feed)
