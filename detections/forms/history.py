"""The filters of the history, all in the page's address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from detections.models import Detection, Review
from detections.selectors.photos import NONE, HistoryFilter, Kind, Order
from detections.selectors.pickers import Choice

ANY = ("", _("all"))
ORDERS = (
    (Order.NEWEST, _("newest first")),
    (Order.NEAREST, _("nearest to a threshold first")),
    (Order.RISK, _("most doubtful first, not reviewed")),
)
VERDICTS = (ANY, (NONE, _("not reviewed")), *Detection.Verdict.choices)
DAYS = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2100, 1, 1)))
KINDS = (
    ANY,
    (Kind.ANSWERED, _("answered")),
    (Kind.NEAR_MISS, _("with a near miss")),
    (Kind.ASK, _("to be asked")),
    (Kind.CORRECTED, _("corrected")),
    (Kind.WAITING, _("waiting for the model")),
    (Kind.FAILED, _("not answered")),
)
FOLDED_BANDS = {
    "confidence_from": ("confidence_to", _("Confidence (%)")),
    "distance_from": ("distance_to", _("Points above (+) or below (−) the threshold")),
    "time_from": ("time_to", _("Time of day")),
}
BANDS = {"first_on": ("last_on", _("Days")), **FOLDED_BANDS}
SAME = (
    "store", "area", "outcome", "error", "source", "label", "confidence_from", "confidence_to",
    "distance_from", "distance_to", "deployment", "version", "time_from", "time_to",
    "verdict", "reason", "reviewer", "flagged", "taught", "audit",
    "assigned", "second",
)  # fmt: skip
"""What a HistoryFilter calls as the form does."""
MOST_QUERY = 2000
"""What a saved view or an export keeps of an address."""


@dataclass(frozen=True, slots=True)
class Pickers:
    """What a person may choose from."""

    areas: list[Choice]
    deployments: list[Choice]
    versions: list[Choice]
    reviewers: list[Choice]


def _share(label: Any, least: int = 0) -> forms.FloatField:
    widget = forms.NumberInput({"step": "any", "aria-label": label})
    return forms.FloatField(label=label, min_value=least, max_value=100, required=False, widget=widget)


def _picked(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, coerce=int, empty_value=None, required=False)


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, validators=DAYS, widget=widget)


def _time(label: Any) -> forms.TimeField:
    widget = forms.TimeInput({"type": "time", "aria-label": label}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget)


class HistoryForm(forms.Form):
    """A field that cannot be read is told and left out; the others still hold."""

    kind = forms.ChoiceField(label=_("Show"), choices=KINDS, required=False)
    store = forms.CharField(label=_("Store code"), max_length=32, required=False)
    label = forms.CharField(label=_("Bread"), max_length=255, required=False)
    first_on = _day(_("From"))
    last_on = _day(_("To"))
    order = forms.ChoiceField(label=_("Order"), choices=ORDERS, required=False)
    area = _picked(_("Area"))
    deployment = _picked(_("Deployment"))
    version = _picked(_("Model version"))
    source = forms.ChoiceField(label=_("Source"), choices=(ANY, *Detection.Source.choices), required=False)
    outcome = forms.ChoiceField(label=_("Outcome"), choices=(ANY, *Detection.Outcome.choices), required=False)
    verdict = forms.ChoiceField(label=_("Verdict"), choices=VERDICTS, required=False)
    reason = forms.ChoiceField(label=_("Reason"), choices=(ANY, *Review.Reason.choices), required=False)
    reviewer = _picked(_("Reviewer"))
    flagged = forms.BooleanField(label=_("Flagged for retraining"), required=False)
    taught = forms.TypedChoiceField(
        label=_("In a training set"), choices=(ANY, ("yes", _("yes")), ("no", _("no"))),
        coerce=lambda said: said == "yes", empty_value=None, required=False,
    )  # fmt: skip
    assigned = _picked(_("Assigned to"))
    second = forms.ChoiceField(
        label=_("Second opinion"), choices=(ANY, *Detection.Second.choices), required=False
    )
    audit = forms.BooleanField(label=_("Random sample"), required=False)
    error = forms.CharField(label=_("Error code"), max_length=60, required=False)
    confidence_from = _share(_("Confidence from"))
    confidence_to = _share(_("Confidence to"))
    distance_from = _share(_("Distance from"), -100)
    distance_to = _share(_("Distance to"), -100)
    time_from = _time(_("Time from"))
    time_to = _time(_("Time to"))

    FIRST = ("kind", "store", "label", "first_on", "last_on", "order")
    MORE = (
        "area",
        "deployment",
        "version",
        "source",
        "outcome",
        "error",
        "verdict",
        "reason",
        "reviewer",
        "flagged",
        "taught",
        "assigned",
        "second",
        "audit",
    )

    def __init__(self, said: QueryDict, *, pickers: Pickers) -> None:
        super().__init__(said)
        for name, choices in (
            ("area", pickers.areas), ("deployment", pickers.deployments), ("version", pickers.versions),
            ("reviewer", pickers.reviewers), ("assigned", pickers.reviewers),
        ):  # fmt: skip
            field: Any = self.fields[name]
            field.choices = [ANY, *choices]

    @property
    def first_fields(self) -> list[forms.BoundField]:
        """The filters that most people need."""
        return [self[name] for name in self.FIRST]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        """The others that stand alone."""
        return [self[name] for name in self.MORE]

    @property
    def bands(self) -> list[tuple[Any, forms.BoundField, forms.BoundField]]:
        """The others that go from one value to another."""
        return [(label, self[first], self[last]) for first, (last, label) in FOLDED_BANDS.items()]

    @property
    def has_more(self) -> bool:
        """Tell whether one of the others is used."""
        return any(name not in self.FIRST for name in self.written())

    def told(self, name: str) -> str:
        """Return what a text field says, also where other fields cannot be read."""
        self.is_valid()
        return str(self.cleaned_data.get(name) or "")

    def written(self) -> dict[str, str]:
        """Return the filters that hold, as an address writes them, in the order of the form."""
        self.is_valid()
        kept = {name: str(self.data.get(name, "")).strip() for name in self.cleaned_data}
        return {name: text for name, text in kept.items() if text and (name, text) != ("order", Order.NEWEST)}

    def query(self, *without: str) -> str:
        """Return the filters that hold as an address's query, without some of them."""
        found = QueryDict(mutable=True)
        found.update({name: text for name, text in self.written().items() if name not in without})
        return found.urlencode()

    def chosen(self, timezone: str) -> HistoryFilter:
        """Return what can be read of the filters; days are those of `timezone`."""
        self.is_valid()
        said: dict[str, Any] = self.cleaned_data
        same: dict[str, Any] = {name: said[name] for name in SAME if name in said}
        return HistoryFilter(
            **same,
            kind=Kind(said["kind"]) if said.get("kind") else None,
            since=_midnight(said.get("first_on"), timezone, 0),
            until=_midnight(said.get("last_on"), timezone, 1),
            timezone=timezone,
            order=Order(said.get("order") or Order.NEWEST),
        )


def _midnight(on: Any, timezone: str, days: int) -> datetime | None:
    if on is None:
        return None
    day = on + timedelta(days=days)
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).astimezone(UTC)
