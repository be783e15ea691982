"""One store's open and ready windows over whole local days: for the `plan` command, exports and drawings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from models_registry.domain.planning import StoreNeed, Window, ready_windows
from models_registry.domain.reasons import sentence, why_wanted
from models_registry.selectors.plans import needs_of_stores
from stores.domain.hours import open_windows
from stores.domain.intervals import Span
from stores.domain.localtime import DAY_SECONDS, EPOCH_ORDINAL, day_start, from_seconds, to_seconds
from stores.models import Store

BATCH = 500


@dataclass(frozen=True, slots=True)
class DaysPlan:
    """When a store is open and its model ready, within `bounds`: whole local days, UTC seconds."""

    store: Store
    need: StoreNeed
    bounds: Span
    open: list[Span]
    ready: list[Window]

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain JSON values; instants are ISO-8601 in UTC."""
        rules = self.need.rules
        return {
            "store": self.store.code,
            "timezone": self.store.timezone,
            "open": [{"start": _iso(start), "end": _iso(end)} for start, end in self.open],
            "ready": [
                {
                    "start": _iso(window.start),
                    "end": _iso(window.end),
                    "reasons": [
                        sentence(*why_wanted(cause, self.store.code, rules)) for cause in window.causes
                    ],
                }
                for window in self.ready
            ],
        }


def _iso(second: int) -> str:
    return from_seconds(second).strftime("%Y-%m-%dT%H:%M:%SZ")


def plan_days(stores: Iterable[Store], *, first_on: date, days: int) -> Iterator[DaysPlan]:
    """Yield each store's plan for `days` local days from `first_on`, in the order given.

    Six queries for every 500 stores.
    """
    every = list(stores)
    for begin in range(0, len(every), BATCH):
        batch = every[begin : begin + BATCH]
        needs = needs_of_stores(batch, frame_of(first_on, days))
        for store in batch:
            yield plan_of(store, needs[store.pk], first_on=first_on, days=days)


def frame_of(first_on: date, days: int) -> Span:
    """Return UTC bounds that hold the local days in every zone of the world."""
    first = (first_on.toordinal() - EPOCH_ORDINAL - 1) * DAY_SECONDS
    return first, first + (days + 2) * DAY_SECONDS


def plan_of(store: Store, need: StoreNeed, *, first_on: date, days: int) -> DaysPlan:
    """Return one store's plan, clipped to its own local midnights."""
    bounds = (
        to_seconds(day_start(store.timezone, first_on)),
        to_seconds(day_start(store.timezone, first_on + timedelta(days=days))),
    )
    return DaysPlan(store, need, bounds, open_windows(need.rules, bounds), ready_windows(need, bounds))
