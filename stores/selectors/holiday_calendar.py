"""Public holidays of a country and subdivision, from the `holidays` package, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version

import holidays
from django.utils.translation import gettext

LIBRARY_VERSION = version("holidays")


@dataclass(frozen=True, slots=True)
class Region:
    """Where a store's public holidays are decided."""

    country: str
    subdivision: str = ""

    @property
    def key(self) -> str:
        """Name it as ISO 3166-2 does: "JP", "DE-BY"."""
        return f"{self.country}-{self.subdivision}" if self.subdivision else self.country


def holidays_of(region: Region, *, first_on: date, last_on: date, language: str) -> dict[date, str]:
    """Return the names of the region's public holidays by date; none for a country nobody knows.

    A subdivision the package does not know counts as its country alone.
    """
    found: dict[date, str] = {}
    for year in range(first_on.year, last_on.year + 1):
        for on, name in _year(region, year, language):
            if first_on <= on <= last_on:
                found[on] = name
    return found


def remarks_on(regions: Iterable[Region]) -> list[str]:
    """Return a sentence for each region whose holidays are not, or not exactly, known."""
    remarks = []
    for region in sorted(set(regions), key=lambda each: (each.country, each.subdivision)):
        said = {"country": region.country, "subdivision": region.subdivision}
        known = _subdivisions(region.country)
        if not region.country:
            remarks.append(gettext("Some stores have no country, so no holidays are proposed for them."))
        elif known is None:
            remarks.append(gettext("No holidays are known for the country “%(country)s”.") % said)
        elif region.subdivision and known and region.subdivision not in known:
            remarks.append(
                gettext("“%(subdivision)s” of %(country)s is unknown; the whole country’s holidays are used.")
                % said
            )
    return remarks


@lru_cache(maxsize=1024)
def _year(region: Region, year: int, language: str) -> tuple[tuple[date, str], ...]:
    known = _subdivisions(region.country)
    if known is None:
        return ()
    subdivision = region.subdivision if region.subdivision in known else None
    calendar = holidays.country_holidays(
        region.country, subdiv=subdivision, years=year, language=_language(region.country, language)
    )
    return tuple(sorted(calendar.items()))


@lru_cache(maxsize=512)
def _subdivisions(country: str) -> frozenset[str] | None:
    """Return the subdivisions that have holidays of their own, or None for an unknown country."""
    try:
        calendar = holidays.country_holidays(country)
    except (NotImplementedError, AttributeError, TypeError):
        return None
    return frozenset(calendar.subdivisions) | frozenset(calendar.subdivisions_aliases)


def _language(country: str, wanted: str) -> str | None:
    """Return the language the package has: the wanted one, else English, else the country's own."""
    known = holidays.country_holidays(country).supported_languages
    for prefix in (wanted.partition("-")[0], "en"):
        for name in known:
            if name == prefix or name.startswith(f"{prefix}_"):
                return name
    return None
