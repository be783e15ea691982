"""A set of thresholds as headquarters types it: a percentage for each label, and what holds besides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from detections.selectors.threshold_sets import LabelLine, Sheet
from detections.services.thresholds import Overtaken, SetDraft
from stores.services.wording import in_words


def _percentage(label: Any, **options: Any) -> forms.FloatField:
    return forms.FloatField(label=label, min_value=0, max_value=100, **options)


class SeenForm(forms.Form):
    """The number of the set that the page was opened with; 0 before the first."""

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class ThresholdsForm(SeenForm):
    """One field for each label of the sheet; an empty one follows AWS's assumed threshold.

    A set published since the page was opened is not overwritten unseen.
    """

    fallback = _percentage(
        _("Labels without any threshold"),
        help_text=_("Percent. Holds for labels for which neither you nor AWS says anything."),
    )
    near_miss_band = _percentage(
        _("Near miss within"),
        help_text=_("Points below the threshold. Further below, a box is kept but not told to the register."),
    )
    ask_band = _percentage(
        _("Ask within"),
        help_text=_("Points above the threshold. So close to it, the register asks the person at the till."),
    )
    suppresses_duplicates = forms.BooleanField(label=_("One bread, one box"), required=False)
    reason = forms.CharField(
        label=_("Why this set?"),
        max_length=200,
        help_text=_("Whoever looks at this set later reads it here."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, sheet: Sheet) -> None:
        names = ("fallback", "near_miss_band", "ask_band", "suppresses_duplicates")
        super().__init__(data, initial={name: getattr(sheet.current, name) for name in names})
        self._sheet = sheet
        for place, line in enumerate(sheet.lines):
            self.fields[_name(line)] = _label_field(place, line)

    def lines(self) -> Iterator[tuple[LabelLine, forms.BoundField]]:
        """Yield every label with its field."""
        return ((line, self[_name(line)]) for line in self._sheet.lines)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("seen") not in {None, self._sheet.number}:
            self.add_error(None, in_words(Overtaken(self._sheet.number)))
        return cleaned

    def draft(self) -> SetDraft:
        """Return the set that was typed; what the page does not ask stays as it is in force."""
        typed = {line.label: self.cleaned_data[_name(line)] for line in self._sheet.lines}
        return SetDraft(
            thresholds={label: percent for label, percent in typed.items() if percent is not None},
            fallback=self.cleaned_data["fallback"],
            near_miss_band=self.cleaned_data["near_miss_band"],
            ask_band=self.cleaned_data["ask_band"],
            suppresses_duplicates=self.cleaned_data["suppresses_duplicates"],
            same_place=self._sheet.current.same_place,
        )


class SimulatedForm(SeenForm):
    """What the simulator sends: the labels whose threshold was moved, {label: percent}, and why.

    `version` is the one it was moved for; the deployment may have been switched since.
    """

    reason = forms.CharField(
        max_length=200,
        error_messages={"required": _("Say why: whoever looks at this set later needs the reason.")},
    )
    thresholds = forms.JSONField()
    version = forms.IntegerField()

    def __init__(self, data: Any, *, live_version: int | None) -> None:
        super().__init__(data)
        self._live_version = live_version

    def clean_version(self) -> int:
        said: int = self.cleaned_data["version"]
        if said != self._live_version:
            raise forms.ValidationError(
                _("The deployment serves another version by now. Simulate with that one's scores.")
            )
        return said

    def clean_thresholds(self) -> dict[str, float]:
        said = self.cleaned_data["thresholds"]
        is_usable = isinstance(said, dict) and all(
            0 < len(label) <= 255 and isinstance(percent, int | float) and not isinstance(percent, bool)
            for label, percent in said.items()
        )
        if not is_usable or not said:
            raise forms.ValidationError(_("Move a threshold first: nothing differs from what is in force."))
        return {label: float(percent) for label, percent in said.items()}


def _name(line: LabelLine) -> str:
    """Name the field after its label, not its place: places shift when another version goes live."""
    return f"of:{line.label}"


def _label_field(place: int, line: LabelLine) -> forms.FloatField:
    hint = "" if line.assumed is None else f"{line.assumed:g}"
    shown = {
        "id": f"threshold-{place}",
        "placeholder": hint,
        "aria-label": line.label,
        "inputmode": "decimal",
    }
    widget = forms.NumberInput(attrs={**shown, "class": "rg-input", "style": "width:6.5rem"})
    return _percentage(line.label, required=False, initial=line.typed, widget=widget)
