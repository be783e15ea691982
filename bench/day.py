"""Billed minutes over open minutes, and stores ready at opening, for a chain with starts of 4–18 minutes.

Each store runs a model of its own for eight weeks of planned windows; a start takes a random 4 to 18 minutes
(AWS: "a few minutes" to "up to 30"). Give a CSV with an `opening_hours` column to use a real chain's hours;
without one a made-up week is used. The first weeks teach the lead, the last four are counted.
"""

from __future__ import annotations

import csv
import random
import sys
from datetime import UTC, datetime, timedelta

import _ground  # noqa: F401  puts the repository on the path

from models_registry.domain.billing import billed_minutes
from models_registry.domain.lead import learned_lead_minutes
from models_registry.domain.planning import StoreNeed, ready_windows
from stores.domain.hours import StoreRules, open_windows
from stores.domain.localtime import to_seconds
from stores.domain.osm import parse_osm

WEEKS, COUNTED = 8, 4
START = datetime(2026, 9, 7, tzinfo=UTC)
MADE_UP = "Mo-Sa 07:00-19:30"


def main() -> None:
    texts = read_hours(sys.argv[1]) if len(sys.argv) > 1 else [MADE_UP] * 100
    print(f"{len(texts)} stores, {COUNTED} weeks, starts of 4–18 minutes")
    print(f"  {'lead':10} {'closing buffer':>14} {'billed ÷ open':>14} {'ready at opening':>17}")
    for learns in (False, True):
        for tail in (30, 10):
            ratio, ready = week(texts, learns=learns, tail=tail)
            print(f"  {'learned' if learns else 'fixed 30':10} {tail:11} min {ratio:14.4f} {ready:16.2%}")
    print(f"  the article's fixed 13 hours for a 12-hour day: {13 / 12:.4f}; always on: {24 / 12:.1f}")


def read_hours(path: str) -> list[str]:
    """Return the opening hours of a CSV's stores, those without any left out."""
    with open(path, encoding="utf-8-sig") as file:
        return [row["opening_hours"] for row in csv.DictReader(file) if row["opening_hours"]]


def week(texts: list[str], *, learns: bool, tail: int) -> tuple[float, float]:
    """Return billed over open minutes, and the share of openings that found a model ready."""
    chance = random.Random(7)
    billed = opened = ready = openings = 0
    counted_from = to_seconds(START + timedelta(weeks=WEEKS - COUNTED))
    for text in texts:
        rules = StoreRules("Europe/Paris", parse_osm(text, START.date()).weekly)
        starts: list[float] = []
        for n in range(WEEKS):
            bounds = to_seconds(START + timedelta(weeks=n)), to_seconds(START + timedelta(weeks=n + 1))
            lead = learned_lead_minutes(starts, fallback_minutes=30) if learns else 30
            need = StoreNeed(1, "S", rules, lead, tail)
            for window in ready_windows(need, bounds):
                took = chance.uniform(4, 18) * 60
                starts.append(took)
                if window.start >= counted_from:
                    billed += billed_minutes(int(window.end - window.start - took))
                    openings += 1
                    ready += window.start + took <= window.causes[0].start
            if bounds[0] >= counted_from:
                opened += sum(end - start for start, end in open_windows(rules, bounds)) // 60
    return billed / opened, ready / openings


if __name__ == "__main__":
    main()
