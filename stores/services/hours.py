"""A store's week is replaced as a whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext

from portal.base.errors import InvalidInput
from portal.base.models import User
from stores.domain.bounds import week_minutes
from stores.domain.hours import DayHours, check_week
from stores.domain.osm import osm_text
from stores.models import Store
from stores.selectors.rules import NO_WEEK, weeks_of
from stores.services.bounds import check_buffer_bounds, check_week_bounds
from stores.services.stores import set_buffers
from stores.services.week_rows import write_weeks

Week = tuple[DayHours, ...]


class ChangedMeanwhile(InvalidInput):
    """Somebody else saved the same hours after this person had opened them."""

    code = "changed_meanwhile"


@dataclass(frozen=True, slots=True)
class Hours:
    """Everything the hours page holds: the week, and the minutes of readiness around it."""

    weekly: Week
    open_buffer_minutes: int
    close_buffer_minutes: int

    @property
    def stamp(self) -> str:
        """Return a short text that differs when anything of it does."""
        return f"{self.open_buffer_minutes}|{osm_text(self.weekly)}|{self.close_buffer_minutes}"


def hours_of(store: Store) -> Hours:
    """Return the store's hours as they are; one query."""
    weekly = weeks_of([store.pk]).get(store.pk, NO_WEEK)
    return Hours(weekly, store.open_buffer_minutes, store.close_buffer_minutes)


@transaction.atomic
def save_hours(*, store: Store, hours: Hours, seen: str = "", author: User | None = None) -> bool:
    """Write the week and the buffers; tell whether they differ.

    `seen` is the stamp of what the person had before them: if it is no longer so, nothing is written. What
    differs must keep the bounds of the author; without one the portal itself writes.
    """
    locked = Store.objects.select_for_update().get(pk=store.pk)
    now = hours_of(locked)
    check_hours_bounds(locked, now, hours, author)
    if seen and now.stamp not in (seen, hours.stamp):
        said = {"hours": osm_text(now.weekly) or "—"}
        raise ChangedMeanwhile(
            gettext("Somebody else saved other hours meanwhile: %(hours)s. Save again to replace them.")
            % said
        )
    has_new_buffers = set_buffers(
        store=locked, open_minutes=hours.open_buffer_minutes, close_minutes=hours.close_buffer_minutes
    )
    return _replace([locked], hours.weekly) > 0 or has_new_buffers


def check_hours_bounds(store: Store, now: Hours, hours: Hours, author: User | None) -> None:
    """Raise OutOfBounds for what differs from `now` and lies outside the author's bounds.

    A week that is outside already may become shorter.
    """
    if week_minutes(hours.weekly) > week_minutes(now.weekly):
        check_week_bounds([store], hours.weekly, author)
    pairs = (
        (hours.open_buffer_minutes, now.open_buffer_minutes),
        (hours.close_buffer_minutes, now.close_buffer_minutes),
    )
    if changed := [new for new, old in pairs if new != old]:
        check_buffer_bounds(store, changed, author)


@transaction.atomic
def replace_week(*, store: Store, weekly: Iterable[Iterable[tuple[int, int]]]) -> bool:
    """Replace the hours of all seven days; tell whether they differ. Raises InvalidHours."""
    return _replace([Store.objects.select_for_update().get(pk=store.pk)], check_week(weekly)) > 0


@transaction.atomic
def copy_week(*, source: Store, targets: Iterable[Store], author: User | None = None) -> int:
    """Give other stores the week of `source` (not its buffers); return how many differed. Seven queries.

    All of them or, where the author's bounds forbid it to one, none.
    """
    weekly = weeks_of([source.pk]).get(source.pk, NO_WEEK)
    keys = [store.pk for store in targets if store.pk != source.pk]
    locked = list(Store.objects.select_for_update().filter(pk__in=keys).order_by("id"))
    check_week_bounds(locked, weekly, author)
    return _replace(locked, weekly)


def _replace(stores: list[Store], weekly: Week) -> int:
    weekly = check_week(weekly)
    now = weeks_of(store.pk for store in stores)
    differing = [store for store in stores if now.get(store.pk, NO_WEEK) != weekly]
    if not differing:
        return 0
    write_weeks({store.pk: weekly for store in differing})
    return len(differing)
