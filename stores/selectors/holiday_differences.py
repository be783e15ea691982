"""What the `holidays` package says otherwise than when its holidays were answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet

from stores.domain.holidays import Difference, differences
from stores.domain.hours import SpecialSource
from stores.models import HolidayEdition, SpecialDay, Store
from stores.selectors.holiday_calendar import LIBRARY_VERSION, Region, holidays_of

REACH_DAYS = 60
"""How far beyond what is recorded a date may have moved."""


@dataclass(frozen=True, slots=True)
class RegionDifference:
    """A difference of a region, with the version that said it otherwise and the answers that stand on it."""

    region: Region
    difference: Difference
    name: str
    recorded_version: str
    recorded_on: str
    answers: int

    @property
    def key(self) -> str:
        """Name it on a page."""
        was, now = self.difference.was, self.difference.now
        return f"{self.region.key}:{was.isoformat() if was else ''}:{now.isoformat() if now else ''}"

    @property
    def version(self) -> str:
        """The version of the package that says so now."""
        return LIBRARY_VERSION


def region_differences(
    stores: QuerySet[Store], *, today: date, language: str = "en"
) -> list[RegionDifference]:
    """Return what differs for the regions of stores, soonest first; two queries, one more for differences."""
    regions = {Region(*pair) for pair in stores.order_by().values_list("country", "subdivision").distinct()}
    found = []
    for edition in HolidayEdition.objects.order_by("country", "subdivision", "id"):
        region = Region(edition.country, edition.subdivision)
        if region in regions:
            found += [(region, edition, each) for each in _of_edition(edition, region, today)]
    if not found:
        return []
    answered = _answered({each.was for _, _, each in found if each.was})
    found.sort(key=lambda one: one[2].was or one[2].now or today)
    return [
        RegionDifference(
            region,
            each,
            _name(region, each, language),
            *_recorded(edition, each),
            answered.get(each.was, 0) if each.was else 0,
        )
        for region, edition, each in found
    ]


def _name(region: Region, difference: Difference, language: str) -> str:
    """Return the holiday's name in the reader's language where it still exists."""
    if difference.now is None:
        return difference.name
    known = holidays_of(region, first_on=difference.now, last_on=difference.now, language=language)
    return known.get(difference.now, difference.name)


def _of_edition(edition: HolidayEdition, region: Region, today: date) -> list[Difference]:
    recorded = {date.fromisoformat(on): said[0] for on, said in edition.days.items()}
    known = holidays_of(
        region, first_on=today, last_on=edition.known_until + timedelta(days=REACH_DAYS), language="en"
    )
    return differences(recorded, known, today=today, until=edition.known_until)


def _recorded(edition: HolidayEdition, difference: Difference) -> tuple[str, str]:
    if difference.was is None:
        return "", ""
    _, version, recorded_on = edition.days[difference.was.isoformat()]
    return version, recorded_on


def _answered(dates: set[date]) -> dict[date, int]:
    days = SpecialDay.objects.filter(on__in=dates, source=SpecialSource.HOLIDAY).order_by()
    counted: dict[date, int] = {}
    for on in days.values_list("on", flat=True):
        counted[on] = counted.get(on, 0) + 1
    return counted
