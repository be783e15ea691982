"""A chain's stores from one CSV file: all of it or nothing, and nothing written that is as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from django.db import IntegrityError, transaction
from django.utils.translation import gettext, ngettext

from portal.base.models import User
from stores.domain.localtime import local_date
from stores.services.import_plan import ImportPlan, make_plan
from stores.services.import_reading import DELIMITERS, ImportRefused, Sheet, read_sheet
from stores.services.import_rows import Problem, Reading, WantedStore, read_rows
from stores.services.import_writing import write_plan

Rows = Iterable[tuple[int, list[str]]]
_NAMED_IN_WARNINGS = 5


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or on a dry run would do; with problems it did nothing."""

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: int = 0
    without_hours: tuple[str, ...] = ()
    new_areas: tuple[str, ...] = ()
    not_in_file: int = 0
    warnings: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0
    encoding: str = ""
    delimiter: str = ""
    is_dry_run: bool = False

    @property
    def is_refused(self) -> bool:
        """Tell whether a line was wrong, so that nothing was written."""
        return self.problem_count > 0

    @property
    def has_changes(self) -> bool:
        """Tell whether anything was (or would be) written."""
        return bool(self.created or self.changed)


def import_stores(
    *,
    file: BinaryIO,
    at: datetime,
    author: User | None = None,
    dry_run: bool = False,
    track: Callable[[Rows], Rows] = iter,
) -> ImportReport:
    """Take a store file; raise ImportRefused for a file that is none, report every line that is wrong.

    Creates and changes stores, their areas, weeks and dated days; never deletes a store. The number of
    queries does not grow with the stores but by batches of 5,000. `track` may watch the rows go by.
    """
    sheet = read_sheet(file)
    reading = read_rows(sheet, track(sheet.rows()), at=at)
    about: dict[str, Any] = {"encoding": sheet.encoding, "delimiter": DELIMITERS[sheet.delimiter]}
    about["is_dry_run"] = dry_run
    if reading.problem_count:
        return ImportReport(problems=tuple(reading.problems), problem_count=reading.problem_count, **about)
    if not reading.stores:
        raise ImportRefused(gettext("The file names columns but no store. Add a line for each store."))
    plan = _carry_out(reading.stores, at=at, author=author, dry_run=dry_run)
    return _report(plan, sheet, reading, at, about)


def _carry_out(wanted: list[WantedStore], *, at: datetime, author: User | None, dry_run: bool) -> ImportPlan:
    try:
        with transaction.atomic():
            plan = make_plan(wanted, at=at, lock=not dry_run)
            if not dry_run:
                write_plan(plan, author=author)
            return plan
    except IntegrityError as error:
        reason = gettext("Somebody else changed stores at this moment. Nothing was written; try again.")
        raise ImportRefused(reason) from error


def _report(
    plan: ImportPlan, sheet: Sheet, reading: Reading, at: datetime, about: dict[str, Any]
) -> ImportReport:
    return ImportReport(
        created=tuple(change.wanted.code for change in plan.created),
        changed=tuple(change.wanted.code for change in plan.changed),
        unchanged=len(reading.stores) - len(plan.created) - len(plan.changed),
        without_hours=tuple(store.code for store in reading.stores if not any(store.hours.weekly)),
        new_areas=plan.new_areas,
        not_in_file=plan.not_in_file,
        warnings=tuple(_warnings(sheet, reading.stores, at)),
        **about,
    )


def _warnings(sheet: Sheet, stores: list[WantedStore], at: datetime) -> Iterable[str]:
    if sheet.unknown:
        names = ", ".join(sheet.unknown)
        yield gettext("Columns that are not known here were passed over: %(names)s.") % {"names": names}
    if sheet.encoding != "UTF-8":
        yield gettext("The file was read as Shift_JIS. If names look wrong, save it as “CSV UTF-8”.")
    yearly = [store.code for store in stores if store.hours.yearly]
    if yearly:
        yield gettext("Dates without a year were taken for their next occurrence only: %(codes)s.") % {
            "codes": _some(yearly)
        }
    past = [store.code for store in stores if _past_dates(store, at)]
    if past:
        yield gettext("Dates that are over were passed over: %(codes)s.") % {"codes": _some(past)}


def _past_dates(store: WantedStore, at: datetime) -> bool:
    return bool(store.hours.dated) and min(store.hours.dated) < local_date(str(store.facts["timezone"]), at)


def _some(codes: list[str]) -> str:
    """Name the first few and count the rest."""
    more = len(codes) - _NAMED_IN_WARNINGS
    named = ", ".join(codes[:_NAMED_IN_WARNINGS])
    if more <= 0:
        return named
    return ngettext("%(codes)s and %(more)s more", "%(codes)s and %(more)s more", more) % {
        "codes": named,
        "more": more,
    }
