"""A whole year, minute by minute, in the zones whose clocks do odd things."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from stores.domain.hours import SpecialKind, SpecialRule, StoreRules, open_windows
from tests.stores.brute import WallClock, open_minutes

FIRST, LAST = date(2026, 1, 1), date(2027, 1, 1)
DAY = ((420, 1200),)
NIGHT = ((1080, 1560),)  # 18:00-02:00
SMALL_HOURS = ((0, 90), (120, 150), (155, 480))  # openings and closings inside every gap and overlap
ROUND = ((0, 1440),)
RULES = {
    "by day": (DAY,) * 6 + ((),),
    "by night": (NIGHT,) * 7,
    "in the small hours": (SMALL_HOURS,) * 7,
    "round the clock": (ROUND,) * 7,
    "late into the gap": ((),) * 4 + (((1200, 1590),), ((1320, 1575),), ((1410, 1530),)),
}
SPECIAL = {
    date(2026, 3, 29): (),
    date(2026, 10, 25): ((90, 1600),),
    date(2026, 12, 31): ((420, 1500),),
    date(2026, 9, 6): ((0, 30), (60, 600)),
}
ZONES = (
    "Asia/Tokyo",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Pacific/Chatham",
)


@pytest.mark.parametrize("zone", ZONES)
def test_windows_equal_a_walk_through_every_minute_of_the_year(zone: str) -> None:
    clock = WallClock(zone, FIRST - timedelta(days=4), LAST + timedelta(days=4))
    special = {
        day: SpecialRule(SpecialKind.HOURS if hours else SpecialKind.CLOSED, hours)
        for day, hours in SPECIAL.items()
    }
    for name, weekly in RULES.items():
        walked = open_minutes(clock, weekly, SPECIAL, FIRST - timedelta(days=2), LAST + timedelta(days=2))
        low, high = (clock.low + 3 * 1440) * 60, (clock.high - 3 * 1440) * 60
        computed = bytearray(len(walked))
        for start, end in open_windows(StoreRules(zone, weekly, special), (low, high)):
            assert start % 60 == end % 60 == 0
            computed[start // 60 - clock.low : end // 60 - clock.low] = b"\1" * ((end - start) // 60)
        inside = slice(3 * 1440, len(walked) - 3 * 1440)
        assert computed[inside] == walked[inside], f"{zone}, {name}"
