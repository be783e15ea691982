"""What a migration may do while processes of the release before it still run on the database.

Every release adds first and takes away later: a column that nobody writes any more is dropped by the
release after the one that stopped writing it (docs/operations.md, Upgrade).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.migrations import Migration
from django.db.migrations.operations import (
    AddField,
    AlterModelTable,
    CreateModel,
    DeleteModel,
    RemoveField,
    RenameField,
    RenameModel,
)
from django.db.migrations.operations.base import Operation
from django.db.models import NOT_PROVIDED, ManyToManyField


@dataclass(frozen=True, slots=True)
class Break:
    """An operation under which the release before this one would fail."""

    migration: str
    operation: str
    why: str


def breaks(migrations: Iterable[Migration]) -> Iterator[Break]:
    """Yield what the old release could not live with, in the order of the migrations."""
    made: set[tuple[str, str]] = set()
    for migration in migrations:
        app = migration.app_label
        for operation in migration.operations:
            if isinstance(operation, CreateModel):
                made.add((app, operation.name_lower))
            if (app, _model_of(operation)) not in made and (why := _why(operation)):
                yield Break(f"{app}.{migration.name}", operation.describe(), why)


def _model_of(operation: Operation) -> str:
    """Return the table an operation works on; one that these migrations make is new to what runs."""
    return str(getattr(operation, "model_name_lower", "") or getattr(operation, "name_lower", ""))


def _why(operation: Operation) -> str:
    match operation:
        case RemoveField() | DeleteModel():
            return "the old release still reads and writes it"
        case RenameField() | RenameModel() | AlterModelTable():
            return "the old release knows the old name only"
        case AddField(field=field) if _must_be_given(field):
            return "the old release does not fill it: give it db_default, or allow NULL"
    return ""


def _must_be_given(field: Any) -> bool:
    """Tell a column that every INSERT must name, since the database has nothing to put there."""
    if isinstance(field, ManyToManyField) or field.null:
        return False
    return getattr(field, "db_default", NOT_PROVIDED) is NOT_PROVIDED and not getattr(
        field, "generated", False
    )
