"""A chain of stores with their hours for one year: read from a CSV, or made up."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import holidays

from stores.domain.hours import DayHours, SpecialKind, SpecialRule, StoreRules
from stores.domain.osm import parse_osm

YEAR = 2026
SLACK_DAYS = 7
"""So many days around the year are closed, so that every run of it begins and ends in sight."""
MADE_UP = (
    ("night", "Europe/Paris", "FR", "Tu-Sa 18:00-02:00"),
    ("split", "Europe/Paris", "FR", "Mo-Sa 06:30-13:00,15:30-19:30"),
    ("long", "Europe/Paris", "FR", "Mo-Sa 06:30-19:30; Su 07:00-13:00"),
    ("article", "Asia/Tokyo", "JP", "Mo-Su 07:00-19:00"),
    ("harbour", "America/New_York", "US", "Mo-Fr 05:00-15:00"),
    ("island", "Australia/Lord_Howe", "AU", "We-Su 08:00-17:00"),
)


@dataclass(frozen=True, slots=True)
class ChainStore:
    """One store: its hours, with the year's public holidays closed, and the ARN of its own model."""

    code: str
    rules: StoreRules
    arn: str


def read_chain(path: Path) -> list[ChainStore]:
    """Return the stores of a CSV (code, timezone, country, opening_hours); those without hours left out."""
    with path.open(encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if row["opening_hours"]]
    return [chain_store(row["code"], row["timezone"], row["country"], row["opening_hours"]) for row in rows]


def made_up_chain() -> list[ChainStore]:
    """Return six stores that are awkward: nights, split days, four kinds of clock change."""
    return [chain_store(*row) for row in MADE_UP]


def chain_store(code: str, timezone: str, country: str, text: str) -> ChainStore:
    """Return a store that keeps its week all year and closes on its country's public holidays."""
    weekly = parse_osm(text, date(YEAR, 1, 1)).weekly
    closed = set(holidays.country_holidays(country, years=YEAR)) | _around_the_year()
    return ChainStore(code, rules_for(timezone, weekly, closed), arn_of(code))


def rules_for(timezone: str, weekly: tuple[DayHours, ...], closed: set[date]) -> StoreRules:
    """Return a week that is closed on some dates."""
    return StoreRules(timezone, weekly, {on: SpecialRule(SpecialKind.CLOSED) for on in closed})


def always_open(rules: StoreRules, hours: DayHours) -> StoreRules:
    """Return the same hours every day of the year, holidays too, for a fixed schedule."""
    return rules_for(rules.timezone, (hours,) * 7, _around_the_year())


def arn_of(code: str) -> str:
    """Return the ARN that Rekognition Local gives a store's model, seeded on 1 December before the year."""
    stem = "arn:aws:rekognition:eu-west-3:123456789012:project/chain/version"
    return f"{stem}/{code.lower()}/1764547200000"


def _around_the_year() -> set[date]:
    before = {date(YEAR - 1, 12, 31) - timedelta(days=n) for n in range(SLACK_DAYS)}
    return before | {date(YEAR + 1, 1, 1) + timedelta(days=n) for n in range(SLACK_DAYS)}
