"""Tables, columns and values of the trail in the reader's language."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from portal.base.models import AuditEntry
from portal.base.showing import show_instant
from stores.domain.hours import clock_text
from stores.domain.typed import hours_text

LONGEST = 200
MINUTES_OF_DAY = frozenset({"opens_minute", "closes_minute", "latest_closing_minute"})
NAME_FIELDS: dict[str, tuple[str, ...]] = {
    "stores.Store": ("code", "name"),
    "stores.Area": ("name",),
    "base.User": ("username",),
    "models_registry.Deployment": ("name",),
    "models_registry.Connection": ("name",),
    "models_registry.ModelVersion": ("project__name", "name"),
    "detections.Product": ("label",),
    "detections.ApiKey": ("name",),
}
"""What a row that a column points at is called; any other is shown by its number."""
NAMELESS = {
    "store_id": _("store"), "area_id": _("area"), "deployment_id": _("deployment"), "user_id": _("person"),
    "author_id": _("author"), "cancelled_by_id": _("taken back by"), "connection_id": _("AWS connection"),
    "version_id": _("version"), "live_version_id": _("live version"), "approver_id": _("second person"),
    "old_version_id": _("old version"), "new_version_id": _("new version"), "password": _("password"),
    "replaces_id": _("successor of"), "product_id": _("product"),
    "lifted_by_id": _("lifted by"),
}  # fmt: skip
KINDS = {"mfa_authenticator": _("second factor")}
"""What a row of somebody else's tables is called."""
Names = Mapping[tuple[str, str], str]
"""What rows are called, by table and key."""


@lru_cache
def model_of(kind: str) -> type[models.Model] | None:
    """Return the model of a table, or None for one that is gone."""
    known = apps.get_models(include_auto_created=True)
    return next((model for model in known if model._meta.db_table == kind), None)


def kind_word(kind: str) -> str:
    """Return what a row of a table is called."""
    if kind in KINDS:
        return gettext(KINDS[kind])
    model = model_of(kind)
    return str(model._meta.verbose_name) if model else kind


def field_word(kind: str, column: str) -> str:
    """Return what a column is called."""
    if column in NAMELESS:
        return gettext(NAMELESS[column])
    field = _field(kind, column)
    return str(field.verbose_name) if field is not None else column


def value_word(kind: str, column: str, value: Any, names: Names, *, timezone: str, now: datetime) -> str:
    """Return a value as the reader's language writes it."""
    field = _field(kind, column)
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if column in MINUTES_OF_DAY:
        return clock_text(value)
    if column == "weekday":
        return weekday_word(value)
    if column == "hours":
        return hours_text(value)
    if isinstance(field, models.ForeignKey):
        return names.get((field.related_model._meta.db_table, str(value)), f"#{value}")
    if isinstance(field, models.DateTimeField):
        return show_instant(datetime.fromisoformat(value), timezone, now=now)
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def weekday_word(weekday: int) -> str:
    """Return a weekday, Monday 0, as a sentence holds it."""
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return gettext(days[weekday])


def kinds_to_choose(kinds: Iterable[str]) -> list[tuple[str, str]]:
    """Return tables with their names, by name."""
    return sorted(((kind, capfirst(kind_word(kind))) for kind in kinds), key=lambda pair: pair[1])


def origin_word(entry: AuditEntry) -> str:
    """Return from where a change came: an address of the portal, a task, a command, the database itself."""
    how, _space, name = entry.origin.partition(" ")
    if how == "task":
        return gettext("the portal itself (%(task)s)") % {"task": name}
    if how == "command":
        return gettext("command %(name)s") % {"name": name}
    if how == "database":
        return gettext("the database, past the portal")
    return entry.origin


def actor_word(entry: AuditEntry) -> str:
    """Return who made a change."""
    if entry.actor_name:
        return entry.actor_name
    if entry.origin == "database":
        return gettext("Somebody in the database")
    if entry.origin.startswith(("task ", "command ")):
        return capfirst(origin_word(entry))
    return gettext("Somebody without a sign-in")


def names_of(entries: Iterable[AuditEntry]) -> dict[tuple[str, str], str]:
    """Return what the rows that entries point at are called; one query for each table pointed at."""
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    for entry in entries:
        for column, value in {**(entry.before or {}), **(entry.after or {})}.items():
            field = _field(entry.kind, column)
            if isinstance(field, models.ForeignKey) and value is not None:
                wanted[field.related_model].add(value)
            if isinstance(field, models.ForeignKey) and (entry.before or {}).get(column) is not None:
                wanted[field.related_model].add((entry.before or {})[column])
    found: dict[tuple[str, str], str] = {}
    for model, keys in wanted.items():
        parts = NAME_FIELDS.get(model._meta.label)
        if parts:
            rows = model._default_manager.filter(pk__in=keys).values_list("pk", *parts)
            found |= {(model._meta.db_table, str(pk)): " ".join(named) for pk, *named in rows}
    return found


@lru_cache(maxsize=2048)
def _field(kind: str, column: str) -> Any:
    model = model_of(kind)
    if model is None:
        return None
    by_column = {field.column: field for field in model._meta.concrete_fields}
    try:
        return by_column.get(column) or model._meta.get_field(column)
    except FieldDoesNotExist:
        return None
