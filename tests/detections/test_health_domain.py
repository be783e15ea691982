"""Histograms that can be added up, hours and days of zones, and strips of bars."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.domain.health import (
    BOUNDS_MS,
    Health,
    at_least,
    bucket_of,
    bucket_span,
    histogram,
    merge,
    quantile,
)
from detections.domain.localdays import HourOfStore, day_rows, hour_rows
from detections.domain.localhours import HOUR, Span, begin, floor_hour, last_hours
from detections.domain.strips import HEIGHT, strip
from portal.base.errors import InvalidInput

LATENCY = st.integers(0, BOUNDS_MS[-1])
LATENCIES = st.lists(LATENCY, min_size=1, max_size=60)
COUNT = st.integers(0, 5_000)


def test_buckets_grow_by_a_fifth_from_8_ms_to_131_s() -> None:
    assert (BOUNDS_MS[0], BOUNDS_MS[-1]) == (8, 131_072)
    assert all(low < high <= 1.26 * low for low, high in pairwise(BOUNDS_MS))
    assert all(high <= 1.2 * low for low, high in pairwise(BOUNDS_MS) if low >= 32)


@given(LATENCY)
def test_latency_lies_in_its_bucket(milliseconds: int) -> None:
    low, high = bucket_span(bucket_of(milliseconds))
    assert low < milliseconds <= high or (milliseconds == 0 and low == 0)


@pytest.mark.parametrize(
    ("milliseconds", "bucket"), [(0, 0), (8, 0), (9, 1), (131_072, 56), (10**9, 56), (1024, 28), (1025, 29)]
)
def test_bound_belongs_to_the_bucket_below_it(milliseconds: int, bucket: int) -> None:
    assert bucket_of(milliseconds) == bucket


@given(LATENCIES, st.sampled_from([0.01, 0.5, 0.9, 0.95, 0.99, 1.0]))
def test_quantile_is_off_by_less_than_its_bucket_is_wide(latencies: list[int], share: float) -> None:
    true = sorted(latencies)[max(1, ceil(share * len(latencies))) - 1]
    found = quantile(histogram(latencies), share)
    assert found is not None
    low, high = bucket_span(bucket_of(true))
    assert low <= found <= high


@given(LATENCIES, LATENCIES, LATENCIES)
def test_histograms_add_up_in_any_order(one: list[int], two: list[int], three: list[int]) -> None:
    a, b, c = histogram(one), histogram(two), histogram(three)
    assert merge(merge(a, b), c) == merge(a, merge(b, c)) == histogram(one + two + three)
    assert merge(a, b) == merge(b, a)
    assert merge(a, {}) == a


@given(LATENCIES)
def test_quantiles_never_fall_as_the_share_grows(latencies: list[int]) -> None:
    counts = histogram(latencies)
    found = [quantile(counts, share / 20) or 0 for share in range(21)]
    assert found == sorted(found)


def test_without_photos_there_is_no_quantile_and_no_share() -> None:
    assert quantile({}, 0.5) is None
    assert Health().error_share is None
    assert Health(requests=2).near_miss_share is None  # both still on their way


def test_sum_of_two_hours_has_the_counts_and_errors_of_both() -> None:
    one = Health(requests=3, answered=2, failed=1, errors={"AWS_DOWN:aws_down": 1}, latency={4: 2})
    two = Health(requests=1, failed=1, errors={"AWS_DOWN:aws_down": 1})
    both = one + two
    assert (both.requests, both.error_share) == (4, 0.5)
    assert (both.errors, both.latency) == ({"AWS_DOWN:aws_down": 2}, {4: 2})


def test_sure_share_grows_with_the_evidence() -> None:
    shares = [at_least(part, whole) for part, whole in ((0, 50), (1, 1), (3, 4), (30, 40), (300, 400))]
    assert shares == sorted(shares)
    assert at_least(0, 0) == 0
    assert at_least(300, 400) == pytest.approx(0.7053, abs=1e-4)  # worked by hand


@given(st.integers(0, 900), st.integers(1, 900))
def test_sure_share_is_at_most_the_share(part: int, rest: int) -> None:
    assert 0 <= at_least(part, part + rest) <= part / (part + rest)


@st.composite
def healths(draw: st.DrawFn) -> Health:
    answered, failed, waiting = draw(COUNT), draw(COUNT), draw(COUNT)
    slow = draw(st.integers(0, answered))
    return Health(requests=answered + failed + waiting, answered=answered, failed=failed, slow=slow)


def heights(path: str) -> dict[int, int]:
    """The height of each hour's bar in a path."""
    return {int(x) // 4: int(high) for x, high in re.findall(r"M(\d+) \d+v-(\d+)h3v\d+z", path)}


@given(st.lists(healths(), min_size=24, max_size=24))
def test_bars_fit_the_strip_and_every_failure_shows(hours: list[Health]) -> None:
    drawn = strip(hours)
    good, slow, failed = heights(drawn.good), heights(drawn.slow), heights(drawn.failed)
    for index, hour in enumerate(hours):
        assert (index in heights(drawn.none)) is (hour.requests == 0)
        assert (
            hour.requests == 0
            or 1 <= good.get(index, 0) + slow.get(index, 0) + failed.get(index, 0) <= HEIGHT
        )
        assert (index in failed) is (hour.failed > 0)
    assert drawn.health.requests == sum(hour.requests for hour in hours)


@given(st.datetimes(max_value=datetime(9000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  Hypothesis's way
def test_hour_of_an_instant_is_the_one_it_lies_in(instant: datetime) -> None:
    assert floor_hour(instant) <= instant < floor_hour(instant) + HOUR
    assert (floor_hour(instant).minute, floor_hour(instant).microsecond) == (0, 0)
    assert last_hours(instant)[-1] - last_hours(instant)[0] == 23 * HOUR


def test_naive_instant_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no time zone"):
        floor_hour(datetime(2026, 11, 24))  # noqa: DTZ001  what is refused


@pytest.mark.parametrize(
    ("span", "zone", "begins"),
    [
        (Span.TODAY, "Asia/Tokyo", datetime(2026, 11, 23, 15, tzinfo=UTC)),
        (Span.TODAY, "Asia/Kathmandu", datetime(2026, 11, 23, 18, tzinfo=UTC)),  # midnight is 18:15 UTC
        (Span.DAY, "Asia/Tokyo", datetime(2026, 11, 23, 4, tzinfo=UTC)),
        (Span.WEEK, "Asia/Tokyo", datetime(2026, 11, 17, 15, tzinfo=UTC)),
        (
            Span.MONTH,
            "Europe/Paris",
            datetime(2026, 10, 25, 23, tzinfo=UTC),
        ),
    ],
)
def test_span_begins_with_the_local_day(span: Span, zone: str, begins: datetime) -> None:
    at = datetime(2026, 11, 24, 3, 50, tzinfo=UTC)
    assert begin(span, at=at, timezone=zone) == begins


def test_hour_of_a_half_hour_zone_reaches_into_two_days() -> None:
    hour = datetime(2026, 11, 23, 18, tzinfo=UTC)  # 23:45 to 00:45 in Kathmandu
    (row,) = hour_rows([HourOfStore(hour, Health())], "Asia/Kathmandu")
    assert (row.first_on, row.last_on) == (date(2026, 11, 23), date(2026, 11, 24))
    assert (row.time_from, row.time_to) == (time(23, 45), time(0, 45))


def test_repeated_hour_of_autumn_is_one_bar_and_no_photo_is_lost() -> None:
    midnight = datetime(2026, 10, 24, 22, tzinfo=UTC)  # Paris: the 25th has 25 hours
    hours = [HourOfStore(midnight + timedelta(hours=n), Health(requests=1)) for n in range(25)]
    (day,) = day_rows(hours, "Europe/Paris")
    assert (day.on, day.health.requests, day.strip.width) == (date(2026, 10, 25), 25, 96)
