"""Plan one store for 14 days: the ready windows with their causes, on warm and on cold zone caches."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime

import _ground  # noqa: F401  puts the repository on the path

from models_registry.domain.planning import StoreNeed, ready_windows
from stores.domain import localtime
from stores.domain.hours import StoreRules
from stores.domain.localtime import to_seconds

START = to_seconds(datetime(2026, 11, 23, tzinfo=UTC))
BOUNDS = (START, START + 14 * 86_400)
TARGET_US = 60
WEEKS = {
    "07:00–19:30, six days": (*(((420, 1170),) for _ in range(6)), ()),
    "split hours, seven days": tuple(((390, 780), (900, 1200)) for _ in range(7)),
    "past midnight, seven days": tuple(((1080, 1560),) for _ in range(7)),
}


def main() -> None:
    print(f"plan of one store × 14 days (target ≤ {TARGET_US} µs)")
    for title, week in WEEKS.items():
        need = StoreNeed(1, "S", StoreRules("Europe/Paris", week), 30, 30)
        warm = statistics.median(timed(need) for _ in range(3_000))
        cold = statistics.median(timed(need, forget=True) for _ in range(200))
        print(f"  {title:28} {warm:6.1f} µs   first store of a zone {cold:6.1f} µs")


def timed(need: StoreNeed, *, forget: bool = False) -> float:
    """Return the microseconds of one plan, with the zone's offsets forgotten first if asked."""
    if forget:
        localtime.whole_day_offset.cache_clear()
        localtime._instant_on_change_day.cache_clear()
    begun = time.perf_counter()
    ready_windows(need, BOUNDS)
    return (time.perf_counter() - begun) * 1e6


if __name__ == "__main__":
    main()
