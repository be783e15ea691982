"""What the `holidays` package says of a region, kept from the day its holidays were first answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from stores.models import HolidayEdition
from stores.selectors.holiday_calendar import LIBRARY_VERSION, Region, holidays_of
from stores.selectors.holidays import PROPOSED_DAYS


def record_editions(*, regions: Iterable[Region], at: datetime) -> None:
    """Write down what the package says of regions, up to 120 days ahead; what is recorded already stays."""
    until = at.date() + timedelta(days=PROPOSED_DAYS)
    for region in set(regions):
        if not region.country:
            continue
        edition, _ = HolidayEdition.objects.get_or_create(
            country=region.country[:2],
            subdivision=region.subdivision[:8],
            defaults={"known_until": at.date() - timedelta(days=1)},
        )
        if edition.known_until < until:
            new = recorded_days(region, edition.known_until + timedelta(days=1), until, at=at)
            HolidayEdition.objects.filter(pk=edition.pk, known_until=edition.known_until).update(
                days={**edition.days, **new}, known_until=until
            )


def recorded_days(region: Region, first_on: date, last_on: date, *, at: datetime) -> dict[str, list[str]]:
    """Return days of the package in the form that an edition keeps."""
    known = holidays_of(region, first_on=first_on, last_on=last_on, language="en")
    return {on.isoformat(): [name, LIBRARY_VERSION, at.date().isoformat()] for on, name in known.items()}
