"""Holidays ticked on headquarters' desk, and the one answer for all of them."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext

from stores.domain.hours import SpecialKind
from stores.forms.special_day import KindForm
from stores.selectors.holidays import ProposalDesk
from stores.services.holidays import Answer

EVERY_AREA = "all"


class HolidayForm(KindForm):
    """Ticks are `<date>:<area key>` or `<date>:all`; `picks` are those still on the desk."""

    def __init__(self, data: Any = None, *, desk: ProposalDesk) -> None:
        super().__init__(data)
        self.desk = desk
        self.ticked = frozenset(cast(QueryDict, self.data).getlist("pick")) if self.is_bound else frozenset()
        self.picks: set[tuple[date, int]] = set()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for day in self.desk.dates:
            takes_all = f"{day.on.isoformat()}:{EVERY_AREA}" in self.ticked
            for area in day.areas:
                if takes_all or f"{day.on.isoformat()}:{area.area_id}" in self.ticked:
                    self.picks.add((day.on, area.area_id))
        if not self.picks:
            raise forms.ValidationError(gettext("Tick at least one holiday."))
        return cleaned

    def order(self, author: Any) -> dict[str, Any]:
        """Return what `answer_for_areas` is to do."""
        answer = Answer(SpecialKind(self.cleaned_data["kind"]), self.hours, author)
        return {"picks": self.picks, "answer": answer}
