"""Which version's scores a person asks for, on which pictures, at which thresholds; shared by its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext

from detections.domain.evaluation.judging import Judgement, judge
from detections.domain.places import Rules
from detections.selectors.scored import Scored, Shot, Source, deployment_of, scored_on, version_seen
from detections.selectors.serving import assumed_percents_of, newest_set, rules_of
from detections.selectors.snapshots import OpenObjects
from models_registry.models import Deployment, ModelVersion
from models_registry.wiring import open_buckets
from portal.base.errors import NotFound
from stores.access import May, may, stores_visible_to
from stores.models import Store

AS_GOOD_AS = 1e-6
"""Thresholds are kept to this in 0–1: one so near to AWS's own is AWS's own."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A version that a person may see. `open_objects` is there for those who see every store."""

    version: ModelVersion
    stores: QuerySet[Store]
    open_objects: OpenObjects | None

    @property
    def has_test_set(self) -> bool:
        return bool(self.open_objects and self.version.testing_snapshot_uri)


@dataclass(frozen=True, slots=True)
class Answered:
    """The pictures judged at the thresholds in force where the version serves, else at AWS's own."""

    asked: Asked
    scored: Scored
    deployment: Deployment | None
    seen_set: int
    rules: Rules
    judged: Judgement

    @property
    def labels(self) -> list[str]:
        """Return the labels, the weakest F1 first, those that have none last."""
        figures = {label: counts.f1 for label, counts in self.judged.counts.items()}
        return sorted(figures, key=lambda label: (figures[label] is None, figures[label] or 0.0, label))

    def threshold(self, label: str) -> float:
        """Return what is in force, in percent; never less than what the pictures can tell of."""
        return 100 * _threshold(self.rules, self.scored.lowest or {}, label)


def asked_for(request: HttpRequest, pk: int) -> Asked:
    """Return the version, or raise NotFound unless it serves a store of the person's."""
    stores, sees_all = stores_visible_to(request.user), may(request.user, May.SEE)
    version = version_seen(stores, pk, sees_all=sees_all)
    if version is None:
        raise NotFound(gettext("There is no such model version among yours."))
    opened = partial(open_buckets, version.project.connection) if sees_all else None
    return Asked(version, stores, opened)


def answered(request: HttpRequest, asked: Asked) -> Answered:
    """Judge the pictures that the address names."""
    scored = scored_on(asked.version, asked.stores, _source(request), open_objects=asked.open_objects)
    deployment = deployment_of(asked.version)
    chosen = newest_set(deployment) if deployment else None
    rules = rules_of(chosen, assumed_percents_of(asked.version))
    judged = judge(scored.pictures, partial(_threshold, rules, scored.lowest or {}), scored.lowest)
    return Answered(asked, scored, deployment, chosen.number if chosen else 0, rules, judged)


def picture_address(version: ModelVersion, shot: Shot, *, is_small: bool) -> str:
    """Return where a picture is served; empty where it is not kept any more."""
    if shot.sides is None:
        return ""
    if shot.photo is not None:
        return reverse("detection-picture", args=[shot.photo]) + ("?size=thumb" if is_small else "")
    return reverse("version-picture", args=[version.pk, shot.number]) + ("?size=thumb" if is_small else "")


def cases_address(answer: Answered, **chosen: str) -> str:
    """Return where cases are looked at, on the same pictures."""
    address = reverse("version-cases", args=[answer.asked.version.pk])
    return f"{address}?{urlencode({'of': answer.scored.source.value, **chosen})}"


def _source(request: HttpRequest) -> Source | None:
    if request.GET.get("audit") == "on":
        return Source.SAMPLE
    said = request.GET.get("of", "")
    return Source(said) if said in set(Source) else None


def _threshold(rules: Rules, lowest: Mapping[str, float], label: str) -> float:
    wanted, least = rules.threshold(label) / 100, lowest.get(label, 0.0)
    return least if wanted < least + AS_GOOD_AS else wanted
