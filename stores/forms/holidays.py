"""Holidays ticked on headquarters' desk, and the one answer for all of them."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stores.domain.holidays import Choice
from stores.domain.hours import SpecialKind
from stores.forms.special_day import KindForm
from stores.models import SpecialDay
from stores.selectors.holiday_board import Board, Cell

EVERY_AREA = "all"
SUGGESTED = "SUGGESTED"


class AnswerForm(KindForm):
    """One answer for what is chosen: a kind with its hours, or each as suggested."""

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        field = cast(forms.ChoiceField, self.fields["kind"])
        field.choices = [(SUGGESTED, _("As suggested")), *SpecialDay.Kind.choices]

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("kind") == SUGGESTED:
            return self.cleaned_data
        return super().clean()

    @property
    def choice(self) -> Choice | None:
        """The answer, or None for “as suggested”."""
        kind = self.cleaned_data["kind"]
        return None if kind == SUGGESTED else Choice(SpecialKind(kind), self.hours)


class HolidayForm(AnswerForm):
    """Ticks are `<date>:<area key>` or `<date>:all`; `picks` are those still open on the board."""

    def __init__(self, data: Any = None, *, board: Board) -> None:
        super().__init__(data)
        self.board = board
        self.ticked = frozenset(cast(QueryDict, self.data).getlist("pick")) if self.is_bound else frozenset()
        self.picks: set[tuple[date, int]] = set()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for cell in self.board.cells:
            names = {f"{cell.on.isoformat()}:{EVERY_AREA}", f"{cell.on.isoformat()}:{cell.area_id}"}
            if not cell.is_done and names & self.ticked:
                self.picks.add((cell.on, cell.area_id))
        if not self.picks:
            raise forms.ValidationError(gettext("Tick at least one holiday."))
        return cleaned


def cell_form(data: QueryDict | None, cell: Cell) -> AnswerForm:
    """Return the answer of one area for one date, as it is suggested."""
    suggested = cell.suggestion
    initial = {"kind": SUGGESTED if suggested else SpecialKind.CLOSED.value}
    if suggested is not None:
        initial["hours"] = suggested.choice.hours  # type: ignore[assignment]
    return AnswerForm(data, initial=initial)
