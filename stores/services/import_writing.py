"""An import plan written in batches: the number of queries does not depend on the number of stores."""

from __future__ import annotations

from itertools import chain

from portal.base.models import User
from stores.domain.hours import SpecialSource
from stores.models import Area, SpecialDay, Store
from stores.services.import_plan import ImportPlan, StoreChange, kind_and_hours
from stores.services.week_rows import write_weeks

BATCH = 5_000
_FACTS = (
    "name",
    "area",
    "timezone",
    "country",
    "subdivision",
    "open_buffer_minutes",
    "close_buffer_minutes",
    "control",
)


def write_plan(plan: ImportPlan, *, author: User | None) -> None:
    """Write areas, stores, weeks and dated days; the caller holds the transaction."""
    Area.objects.bulk_create([Area(name=name) for name in plan.new_areas], ignore_conflicts=True)
    areas = {area.name: area for area in Area.objects.order_by("id")}
    for change in chain(plan.created, plan.changed):
        change.store.area = areas[change.wanted.area]
        for name, value in change.wanted.facts.items():
            setattr(change.store, name, value)
    Store.objects.bulk_create([change.store for change in plan.created], batch_size=BATCH)
    Store.objects.bulk_create(
        [change.store for change in plan.changed if change.fields],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=_FACTS,
    )
    weeks = {
        change.store.pk: tuple(change.week)
        for change in chain(plan.created, plan.changed)
        if change.week is not None
    }
    if weeks:
        write_weeks(weeks)
    _write_dates([change for change in chain(plan.created, plan.changed) if change.dates], author)


def _write_dates(changes: list[StoreChange], author: User | None) -> None:
    if not changes:
        return
    rows = []
    for change in changes:
        for day in change.dates:
            kind, hours = kind_and_hours(change.wanted.hours.dated[day])
            rows.append(
                SpecialDay(
                    store=change.store,
                    on=day,
                    kind=kind,
                    hours=[list(span) for span in hours],
                    source=SpecialSource.IMPORT.value,
                    author=author,
                )
            )
    SpecialDay.objects.filter(pk__in=[pk for change in changes for pk in change.stale]).delete()
    SpecialDay.objects.bulk_create(rows, batch_size=BATCH)
