"""One person's question about the log: what the address says, and what they may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from django.db.models import QuerySet
from django.http import QueryDict

from detections.forms.history import HistoryForm, Pickers
from detections.selectors.photos import HistoryFilter, Order
from detections.selectors.pickers import deployment_choices, reviewer_choices, version_choices
from models_registry.selectors.spend import zone_of
from stores.access import Person, areas_visible_to, stores_visible_to
from stores.models import Store

NARROWS = {"verdict", "reason", "reviewer", "flagged", "taught", "audit", "second"}
"""Who asks for these means reviewed photos, too: the newest come first."""


@dataclass(frozen=True)
class Asked:
    """The filters as a form, and the stores in reach. Not more than six small queries."""

    form: HistoryForm
    stores: QuerySet[Store]
    reader: int | None = None

    @cached_property
    def chosen(self) -> HistoryFilter:
        """Return what can be read of the filters, on the clock of the chosen store, else of most stores."""
        code = self.form.told("store")
        chosen = self.form.chosen(zone_of(self.stores.filter(code=code) if code else self.stores))
        return replace(chosen, reader=self.reader)

    @property
    def query(self) -> str:
        """Return the filters that hold as an address's query, its order told even where it is usual."""
        return f"{self.form.query('order')}&order={self.chosen.order}".removeprefix("&")

    @property
    def notes(self) -> list[str]:
        """Return what cannot be read."""
        return [f"{field.label}: {error}" for field in self.form for error in field.errors]


def asked(person: Person, said: QueryDict) -> Asked:
    """Read an address as its reader may use it."""
    stores = stores_visible_to(person)
    areas = areas_visible_to(person).order_by("name", "pk").values_list("pk", "name")
    pickers = Pickers(
        areas=list(areas),
        deployments=deployment_choices(stores, said.get("deployment", "")),
        versions=version_choices(stores, said.get("version", "")),
        reviewers=reviewer_choices(),
    )
    return Asked(HistoryForm(said, pickers=pickers), stores, getattr(person, "pk", None))


def asked_to_review(person: Person, said: QueryDict) -> Asked:
    """Read an address of the gallery: without an order the most doubtful come first, not reviewed yet."""
    said = said.copy()
    if not said.get("order"):
        narrows = NARROWS & {name for name, text in said.items() if text}
        said["order"] = Order.NEWEST if narrows else Order.RISK
    return asked(person, said)


def reader(person: Person) -> Callable[[str], HistoryForm]:
    """Return what reads kept queries for this person, each as its filters; three small queries for all."""
    stores = stores_visible_to(person)
    areas = list(areas_visible_to(person).order_by("name", "pk").values_list("pk", "name"))
    pickers = Pickers(areas, deployment_choices(stores, ""), version_choices(stores, ""), reviewer_choices())
    return lambda query: HistoryForm(QueryDict(query), pickers=pickers)
