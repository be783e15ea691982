"""The filters in force, each as a chip that can be taken off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.forms import BooleanField
from django.utils.translation import gettext

from detections.forms.history import BANDS, HistoryForm

ENDS = {last: first for first, (last, _label) in BANDS.items()}
NO_CHIP = "order"
"""It narrows nothing."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in words, and the address's query without it."""

    label: Any
    text: str
    query: str


def chips(form: HistoryForm) -> list[Chip]:
    """Return the filters that hold, a band as one."""
    return list(_chips(form, form.written()))


def _chips(form: HistoryForm, written: dict[str, str]) -> Iterator[Chip]:
    for name, text in written.items():
        first = ENDS.get(name, name)
        if name == NO_CHIP or (first != name and first in written):
            continue
        if first in BANDS:
            last, label = BANDS[first]
            band = f"{written.get(first, '')} – {written.get(last, '')}".strip()
            yield Chip(label, band, form.query(first, last))
        else:
            field = form.fields[name]
            said = gettext("yes") if isinstance(field, BooleanField) else _shown(field, text)
            yield Chip(field.label, said, form.query(name))


def _shown(field: Any, text: str) -> str:
    """Return the words of a choice, or the text itself."""
    return next(
        (str(said) for value, said in _flat(getattr(field, "choices", ())) if str(value) == text), text
    )


def _flat(choices: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    for value, said in choices:
        if isinstance(said, (list, tuple)):
            yield from said
        else:
            yield value, said
