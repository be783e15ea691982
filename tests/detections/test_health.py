"""The counted hours against the log itself, what makes them be counted again, and the command."""

from __future__ import annotations

import io
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from detections.domain.health import COUNTS, Health, histogram, merge
from detections.domain.localhours import floor_hour
from detections.domain.outcomes import FAILURES
from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.models import Detection, HourToRecount, StoreHour
from detections.selectors.health import (
    chain_health,
    counts_of,
    health_of,
    last_day,
    open_photos,
    with_histograms,
)
from detections.services.detect import Tools
from detections.services.health import Recount, recount_recent, recount_span
from detections.services.waiting import analyse_waiting
from detections.tasks import recount_health
from detections.wiring import PICTURES
from models_registry.models import Deployment
from stores.models import Store
from tests.detections.conftest import MELON, Register
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]
HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
AWKWARD = (
    timedelta(0), timedelta(microseconds=-1), timedelta(microseconds=1), timedelta(minutes=15),
    timedelta(minutes=45), timedelta(minutes=59, seconds=59, microseconds=999_999),
)  # fmt: skip


@pytest.fixture
def stores(bakery: Bakery) -> list[Store]:
    """Whole hours, half hours, quarters, and a zone in which midnight is skipped."""
    zones = ("Asia/Tokyo", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago")
    return [bakery(zone.split("/")[1].lower(), timezone=zone) for zone in zones]


def fill(stores: list[Store], count: int, *, seed: int, since: datetime = NOON, hours: int = 6) -> None:
    """Write random photos with every outcome, many of them exactly at the rim of an hour."""
    chance = random.Random(seed)
    outcomes = sorted(Detection.Outcome.values)
    Detection.objects.bulk_create(
        Detection(
            store=chance.choice(stores),
            at=(at := since + HOUR * chance.randrange(hours) + chance.choice(AWKWARD)),
            taken_at=at - timedelta(days=chance.randrange(3)), picture_sha256="k",
            source=chance.choice(Detection.Source.values),
            outcome=(outcome := chance.choice([*outcomes, *["ANSWERED"] * 12])),
            error_code=chance.choice(("", "throttled", "aws_denied")) if outcome in FAILURES else "",
            claimed_at=at, total_ms=chance.choice((None, 0, 8, 9, 310, 1000, 1001, 1024, 10**6)),
            rekognition_ms=chance.choice((None, 0, 250, 700)), is_corrected=chance.random() < 0.2,
            accepted_count=chance.randrange(3), ask_count=chance.randrange(2),
            near_miss_count=chance.randrange(2),
        )
        for _ in range(count)
    )  # fmt: skip


def by_hand() -> dict[tuple[int, datetime], Health]:
    """Count the log photo by photo, as the words of the documentation say it."""
    photos: dict[tuple[int, datetime], list[Detection]] = defaultdict(list)
    for photo in Detection.objects.exclude(source__in=["IMPORT", "BATCH"]):
        photos[photo.store_id, floor_hour(photo.at)].append(photo)
    return {key: counted(each) for key, each in photos.items()}


def counted(photos: list[Detection]) -> Health:
    answered = [photo for photo in photos if photo.outcome == "ANSWERED"]
    failed = [photo for photo in photos if photo.outcome in FAILURES]
    errors: dict[str, int] = {}
    for photo in failed:
        errors = merge(errors, {f"{photo.outcome}:{photo.error_code}": 1})
    return Health(
        requests=len(photos), answered=len(answered), failed=len(failed),
        slow=sum((photo.total_ms or 0) > 1000 for photo in answered),
        near_miss=sum(photo.near_miss_count > 0 for photo in answered),
        ask=sum(photo.ask_count > 0 for photo in answered),
        corrected=sum(photo.is_corrected for photo in answered),
        shown=sum(photo.accepted_count + photo.ask_count + photo.near_miss_count > 0 for photo in answered),
        total_ms=sum(photo.total_ms or 0 for photo in answered),
        rekognition_ms=sum(photo.rekognition_ms or 0 for photo in answered), errors=errors,
        latency=histogram(photo.total_ms for photo in answered if photo.total_ms is not None),
        rekognition=histogram(photo.rekognition_ms for photo in answered if photo.rekognition_ms is not None),
    )  # fmt: skip


def in_rows() -> dict[tuple[int, datetime], Health]:
    return {(row.store_id, row.hour): health_of(row) for row in StoreHour.objects.all()}


@pytest.mark.parametrize("seed", range(4))
def test_counted_hours_are_the_log_counted_by_hand(stores: list[Store], seed: int) -> None:
    fill(stores, 400, seed=seed)

    list(recount_span(since=NOON - HOUR, until=NOON + 7 * HOUR))

    assert in_rows() == by_hand()
    assert len(in_rows()) > 20


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
def test_hours_are_those_of_utc_whatever_zone_the_connection_has(stores: list[Store], zone: str) -> None:
    fill(stores, 100, seed=7)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE %s", [zone])
    list(recount_span(since=NOON - HOUR, until=NOON + 7 * HOUR))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")

    assert in_rows() == by_hand()


def test_counting_again_writes_nothing(stores: list[Store]) -> None:
    fill(stores, 200, seed=1)
    at = NOON + 6 * HOUR

    first, second = (sum(done.changed for _, done in recount_span(since=NOON - HOUR, until=at)) for _ in "12")

    assert (first > 20, second) == (True, 0)


def test_span_in_pieces_is_the_span_at_once(stores: list[Store]) -> None:
    fill(stores, 300, seed=2, hours=60)
    for start in range(-1, 62, 7):
        list(recount_span(since=NOON + start * HOUR, until=NOON + (start + 7) * HOUR))

    assert in_rows() == by_hand()


def test_sums_of_pages_and_of_the_chain_are_the_sums_of_the_log(stores: list[Store]) -> None:
    fill(stores, 300, seed=3)
    list(recount_span(since=NOON - HOUR, until=NOON + 7 * HOUR))
    whole = sum(by_hand().values(), Health())

    counts = counts_of(Store.objects.all(), since=NOON - HOUR)
    detailed = with_histograms(counts, [store.pk for store in stores], since=NOON - HOUR)

    assert sum(detailed.values(), Health()) == whole == chain_health(since=NOON - HOUR)
    assert set(counts_of(Store.objects.filter(pk=stores[0].pk), since=NOON)) == {stores[0].pk}


def test_recent_hours_are_counted_by_index_and_in_few_queries(stores: list[Store]) -> None:
    fill(stores, 300, seed=4)
    with CaptureQueriesContext(connection) as captured:
        report = recount_recent(at=NOON + 3 * HOUR)

    assert report.hours == 3
    assert {hour for _, hour in in_rows()} == {NOON + n * HOUR for n in (1, 2, 3)}
    assert len(captured) <= 9
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + next(q["sql"] for q in captured if "WITH photos" in q["sql"]))
        assert "detection_received" in "\n".join(line for (line,) in cursor.fetchall())


def test_hours_of_a_standstill_are_made_up_for(stores: list[Store]) -> None:
    fill(stores, 300, seed=5, hours=40)
    recount_recent(at=NOON + 2 * HOUR)
    HourToRecount.objects.all().delete()

    recount_recent(at=NOON + 40 * HOUR)

    expected = {key: each for key, each in by_hand().items() if key[1] >= NOON}
    assert {key: each for key, each in in_rows().items() if key[1] >= NOON} == expected


def test_late_correction_is_counted_in_the_hour_of_its_photo(
    asakusa: Register, eyes: InMemoryEyes, world: World
) -> None:
    photo = asakusa.send().json()["id"]
    recount_recent(at=world.at)
    assert StoreHour.objects.get().corrected == 0
    later = go_on(asakusa.store, world.at + timedelta(hours=30))

    asakusa.post(f"/detections/{photo}/correction", {"items": [{"label": MELON}, {"label": MELON}]})
    report = recount_recent(at=later)

    assert report == Recount(hours=3 + 1, changed=1 + 1)  # the empty hour is taken away
    assert StoreHour.objects.get().corrected == 1
    assert not HourToRecount.objects.exists()


def go_on(store: Store, at: datetime) -> datetime:
    """Let the counting have gone on until an instant, so that it looks at the hours before it only."""
    StoreHour.objects.create(**empty(store, floor_hour(at)))
    return at


def empty(store: Store, hour: datetime) -> dict[str, object]:
    return {"store": store, "hour": hour, **dict.fromkeys(COUNTS, 0)}


def test_waiting_photo_answered_hours_later_is_counted_where_it_came_in(
    asakusa: Register, eyes: InMemoryEyes, world: World
) -> None:
    photo = fill_one(asakusa.store, world.at, "WAITING")
    recount_recent(at=world.at)
    assert (StoreHour.objects.get().answered, StoreHour.objects.get().requests) == (0, 1)
    later = go_on(asakusa.store, world.at + timedelta(hours=8))

    PICTURES.save(photo.picture_key, b"kept")
    tools = Tools(lambda connection: eyes, PICTURES)
    assert analyse_waiting(at=later, tools=tools, is_time=lambda: True).answered == 1
    recount_recent(at=later)

    assert (StoreHour.objects.get().answered, StoreHour.objects.get().hour) == (1, floor_hour(world.at))


def fill_one(store: Store, at: datetime, outcome: str) -> Detection:
    return Detection.objects.create(
        store=store, deployment=Deployment.objects.get(), at=at, taken_at=at, source="REGISTER",
        outcome=outcome, picture_key="waiting.jpg", picture_sha256="k",
    )  # fmt: skip


def test_fresh_answer_leaves_no_note(asakusa: Register, eyes: InMemoryEyes) -> None:
    assert asakusa.send().status_code == 200
    assert not HourToRecount.objects.exists()


def test_photos_written_with_old_dates_are_noted_by_the_hour(asakusa: Register, world: World) -> None:
    fill_one(asakusa.store, world.at - timedelta(days=90), "AWS_DOWN")
    HourToRecount.objects.filter(hour__lt=world.at - timedelta(days=89)).get()

    recount_recent(at=world.at)

    assert StoreHour.objects.get().failed == 1


def test_rows_older_than_the_log_are_kept(stores: list[Store]) -> None:
    StoreHour.objects.create(**empty(stores[0], NOON - 50 * HOUR))
    StoreHour.objects.create(**empty(stores[0], NOON + HOUR))
    fill(stores[1:], 20, seed=6, hours=1)

    list(recount_span(since=NOON - 60 * HOUR, until=NOON + 3 * HOUR))

    assert StoreHour.objects.filter(store=stores[0]).get().hour == NOON - 50 * HOUR


def test_strip_has_the_present_hour_last(stores: list[Store]) -> None:
    for hour in (NOON, NOON - 23 * HOUR, NOON - 24 * HOUR, NOON + HOUR):
        StoreHour.objects.create(**empty(stores[0], hour) | {"requests": 5, "failed": 5})

    drawn = last_day(stores, at=NOON + timedelta(minutes=59))[stores[0].pk]

    assert drawn.failed == "M0 20v-20h3v20zM92 20v-20h3v20z"
    assert drawn.health.requests == 10


def test_task_counts_what_came_in_just_now(asakusa: Register, eyes: InMemoryEyes) -> None:
    asakusa.send()
    recount_health()
    assert StoreHour.objects.get().answered == 1


def test_open_photos_are_counted_by_their_small_index(stores: list[Store]) -> None:
    fill(stores, 300, seed=9)
    with CaptureQueriesContext(connection) as captured, connection.cursor() as cursor:
        found = open_photos()
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + captured[0]["sql"])
        assert "detection_not_answered" in "\n".join(line for (line,) in cursor.fetchall())

    photos = Detection.objects.values_list("outcome", flat=True)
    assert found == {name: list(photos).count(name) for name in ("PENDING", "WAITING")}


def said(*words: str) -> str:
    output = io.StringIO()
    call_command("rebuild_health", *words, stdout=output)
    return output.getvalue()


def test_command_on_an_empty_log_says_so_and_ends(db: None) -> None:
    assert "There are no photos yet" in said()


def test_command_counts_the_whole_log_or_a_span(asakusa: Register, world: World) -> None:
    for days in (1, 40, 400):
        fill_one(asakusa.store, world.at - timedelta(days=days), "AWS_DOWN")

    assert "1 rows changed" in said("--from", (world.at - timedelta(days=2)).isoformat())
    assert StoreHour.objects.count() == 1
    assert "2 rows changed" in said()
    assert "0 rows changed" in said("--to", "9999-01-01T00:00:00Z")


def test_command_refuses_a_span_before_the_first_photo(asakusa: Register, world: World) -> None:
    fill_one(asakusa.store, tokyo(2, 9), "AWS_DOWN")
    with pytest.raises(CommandError, match="the first one came at 2026-11-02T00:00Z"):
        said("--to", "2026-01-01T00:00:00Z")
