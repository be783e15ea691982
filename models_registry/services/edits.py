"""Edits of a store's rules: saved with what stood before, and undone for ten minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from models_registry.models import Override, StoreEdit
from models_registry.services.drafts import Draft
from models_registry.services.overrides import set_override
from portal.base.models import User
from stores.domain.hours import SpecialKind, SpecialSource
from stores.domain.sentences import Refusal
from stores.models import SpecialDay, Store
from stores.selectors.owners import is_bound
from stores.services.hours import Hours, hours_of, save_hours
from stores.services.special_days import DayFacts, Scope, set_special_day, write_day

UNDO = timedelta(minutes=10)


class CannotUndo(Refusal):
    """Too late, done already, or somebody changed the same thing meanwhile."""

    code = "cannot_undo"


@transaction.atomic
def save_edit(*, draft: Draft, author: User | None, at: datetime) -> StoreEdit:
    """Write what a draft says, and what stood before. Raises what each service of its parts raises."""
    store = Store.objects.select_for_update().get(pk=draft.store.pk)
    before = _before(draft, store)
    made = set_override(order=draft.order, author=author, at=at) if draft.order is not None else None
    if draft.day is not None:
        if draft.kind is StoreEdit.Kind.CLOSE_EARLY:
            write_day(Scope(store), draft.day, author, at=at)
        else:
            set_special_day(scope=Scope(store), facts=draft.day, author=author, at=at)
    if draft.hours is not None:
        save_hours(store=store, hours=draft.hours, seen=draft.seen, author=author)
    live = Override.objects.filter(pk__in=draft.without, store=store, cancelled_at__isnull=True)
    live.update(cancelled_at=at, cancelled_by=author)
    after = _after(draft, store)
    if made is not None:
        after["override"] = made.pk
    return StoreEdit.objects.create(
        store=store, kind=draft.kind, said=draft.said[:200], at=at, author=author, before=before, after=after
    )


@transaction.atomic
def undo_edit(*, edit: StoreEdit, author: User | None, at: datetime) -> StoreEdit:
    """Put back exactly what stood before an edit of the last ten minutes. Raises CannotUndo."""
    store = Store.objects.select_for_update().get(pk=edit.store_id)
    row = StoreEdit.objects.select_for_update().get(pk=edit.pk)
    if row.undone_at is not None:
        raise CannotUndo("It was undone already.")
    if at - row.at > UNDO:
        raise CannotUndo("It can be undone for ten minutes; that is over. Change the hours instead.")
    if is_bound(author) and row.author is not None and not is_bound(row.author):
        raise CannotUndo("Headquarters made this change, so only headquarters undoes it.")
    if not _stands(row, store):
        raise CannotUndo("Somebody changed the same thing meanwhile, so it cannot be undone any more.")
    _put_back(row, store, author, at)
    row.undone_at, row.undone_by = at, author
    row.save(update_fields=["undone_at", "undone_by"])
    return row


def _before(draft: Draft, store: Store) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if draft.day is not None:
        parts["day"] = _day(store, draft.day.on)
    if draft.hours is not None:
        parts["week"] = _week(store)
    if draft.without:
        parts["taken_back"] = list(draft.without)
    return parts


def _after(draft: Draft, store: Store) -> dict[str, Any]:
    return _before(replace(draft, without=()), Store.objects.get(pk=store.pk))


def _stands(row: StoreEdit, store: Store) -> bool:
    """Tell whether everything that the edit wrote is still as it left it."""
    after = row.after
    if "override" in after and not _live_override(after["override"]).exists():
        return False
    if "day" in after and _day(store, date.fromisoformat(after["day"]["on"])) != after["day"]:
        return False
    if "week" in after and _week(store) != after["week"]:
        return False
    taken = row.before.get("taken_back", [])
    still = Override.objects.filter(pk__in=taken, cancelled_at=row.at).count()
    return still == len(taken)


def _live_override(pk: int) -> Any:
    return Override.objects.filter(pk=pk, cancelled_at__isnull=True)


def _put_back(row: StoreEdit, store: Store, author: User | None, at: datetime) -> None:
    before = row.before
    if "override" in row.after:
        _live_override(row.after["override"]).update(cancelled_at=at, cancelled_by=author)
    if "day" in before:
        _put_day_back(store, before["day"], at)
    if "week" in before:
        week = before["week"]
        weekly = tuple(tuple((opens, closes) for opens, closes in day) for day in week["weekly"])
        save_hours(store=store, hours=Hours(weekly, week["open"], week["close"]))
    taken = Override.objects.filter(pk__in=before.get("taken_back", []), cancelled_at=row.at)
    taken.update(cancelled_at=None, cancelled_by=None)


def _put_day_back(store: Store, said: dict[str, Any], at: datetime) -> None:
    on, row = date.fromisoformat(said["on"]), said["row"]
    if row is None:
        SpecialDay.objects.filter(store=store, on=on).delete()
        return
    hours = tuple((opens, closes) for opens, closes in row["hours"])
    facts = DayFacts(on, SpecialKind(row["kind"]), hours, row["note"], SpecialSource(row["source"]))
    write_day(Scope(store), facts, User.objects.filter(pk=row["author"]).first(), at=at)


def _day(store: Store, on: date) -> dict[str, Any]:
    row = SpecialDay.objects.filter(store=store, on=on).first()
    said = None
    if row is not None:
        said = {name: getattr(row, name) for name in ("kind", "hours", "note", "source")}
        said["author"] = row.author_id
    return {"on": on.isoformat(), "row": said}


def _week(store: Store) -> dict[str, Any]:
    hours = hours_of(store)
    weekly = [[list(span) for span in day] for day in hours.weekly]
    return {"weekly": weekly, "open": hours.open_buffer_minutes, "close": hours.close_buffer_minutes}
