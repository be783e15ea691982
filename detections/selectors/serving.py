"""What answers a store's photos: its deployment, the live version, and the thresholds in force."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.db.models import Aggregate, JSONField, OuterRef, Q, QuerySet, Subquery

from detections.domain.places import Rules
from detections.domain.thresholds import Measured, assumed_percents
from detections.models import DetectionSettings, ThresholdSet
from models_registry.models import Deployment, LabelMetrics, ModelVersion
from stores.models import Store

DEFAULTS = DetectionSettings()


@dataclass(frozen=True, slots=True)
class Serving:
    """A deployment with its live version, the newest threshold set and the rules that follow from both."""

    deployment: Deployment
    version: ModelVersion
    threshold_set: ThresholdSet | None
    rules: Rules
    raw_floor: float


def serving_of(store: Store) -> Serving | None:
    """Return what answers a store's photos now, or None without a deployment or version.

    One query; one more for a threshold set that this process has not met yet.
    """
    found = Deployment.objects.filter(assignments__store=store).annotate(
        newest_set=Subquery(_sets(OuterRef("pk")).values("pk")[:1]), assumed=Subquery(_assumed_of_live())
    )
    deployment = found.select_related("connection", "live_version__project", "detection_settings").first()
    version = deployment.live_version if deployment else None
    if deployment is None or version is None or version.gone_at is not None:
        return None
    chosen = _published(deployment.newest_set) if deployment.newest_set else None
    measured = (
        Measured(label, assumed, None) for label, assumed in sorted((deployment.assumed or {}).items())
    )
    rules = rules_of(chosen, assumed_percents(measured))
    return Serving(deployment, version, chosen, rules, settings_of(deployment).raw_floor)


class _ByLabel(Aggregate):
    """One JSON object of two columns' pairs."""

    function = "jsonb_object_agg"
    output_field = JSONField()
    arity = 2


def _assumed_of_live() -> QuerySet[LabelMetrics, Any]:
    rows = LabelMetrics.objects.filter(version=OuterRef("live_version"), assumed_threshold__isnull=False)
    return rows.order_by().values("version").annotate(by=_ByLabel("label", "assumed_threshold")).values("by")


def _sets(deployment: Any) -> QuerySet[ThresholdSet]:
    return ThresholdSet.objects.filter(deployment=deployment).order_by("-number")


@lru_cache(maxsize=4096)
def _published(pk: int) -> ThresholdSet:
    """Return a threshold set; what is published never changes."""
    return ThresholdSet.objects.get(pk=pk)


def serving(deployment: Deployment) -> Serving | None:
    """Return how a deployment answers now, or None without a version. Two queries."""
    version = deployment.live_version
    if version is None or version.gone_at is not None:
        return None
    chosen = newest_set(deployment)
    rules = rules_of(chosen, assumed_percents_of(version))
    return Serving(deployment, version, chosen, rules, settings_of(deployment).raw_floor)


class Servings:
    """What may have answered a store's photos: its live version, and others of its project by name or ARN."""

    def __init__(self, live: Serving | None) -> None:
        self.live = live
        self._found: dict[str, Serving | None] = {}

    def named(self, name: str) -> Serving | None:
        """Return a version by its name or ARN with the rules that would hold for it; two queries, once."""
        if name not in self._found:
            self._found[name] = self._read(name)
        return self._found[name]

    def _read(self, name: str) -> Serving | None:
        if self.live is None:
            return None
        if name in {self.live.version.name, self.live.version.arn}:
            return self.live
        same = ModelVersion.objects.filter(project=self.live.version.project)
        version = same.filter(Q(name=name) | Q(arn=name)).order_by("-id").first()
        if version is None:
            return None
        rules = rules_of(self.live.threshold_set, assumed_percents_of(version))
        return replace(self.live, version=version, rules=rules)


def servings_of(store: Store) -> Servings:
    """Return what may have answered a store's photos. Three queries."""
    return Servings(serving_of(store))


def settings_of(deployment: Deployment) -> DetectionSettings:
    """Return a deployment's settings, or the defaults; no query where they were fetched with it."""
    return getattr(deployment, "detection_settings", None) or DEFAULTS


def kept_settings(deployment: Deployment) -> DetectionSettings:
    """Return a deployment's settings to be changed: its row, or an unsaved one; one query."""
    row = DetectionSettings.objects.filter(deployment=deployment).first()
    return row or DetectionSettings(deployment=deployment)


def newest_set(deployment: Deployment) -> ThresholdSet | None:
    """Return the threshold set in force, or None before the first was published; one query."""
    return _sets(deployment).first()


def assumed_percents_of(version: ModelVersion) -> dict[str, float]:
    """Return AWS's assumed thresholds of a version in percent, by label; one query."""
    rows = LabelMetrics.objects.filter(version=version, assumed_threshold__isnull=False)
    pairs = rows.order_by("label").values_list("label", "assumed_threshold")
    return assumed_percents(Measured(label, assumed, None) for label, assumed in pairs)


def rules_of_rivals(old: ModelVersion, new: ModelVersion) -> tuple[Rules, Rules]:
    """Return the rules of two versions, as the old one's deployment would hold both; four queries."""
    deployment = Deployment.objects.filter(live_version=old).first()
    chosen = newest_set(deployment) if deployment else None
    return rules_of(chosen, assumed_percents_of(old)), rules_of(chosen, assumed_percents_of(new))


def rules_of(chosen: ThresholdSet | None, assumed: dict[str, float]) -> Rules:
    """Return the rules in force: the set's word for a label, else the version's assumed threshold."""
    if chosen is None:
        return Rules(thresholds=assumed)
    return Rules(
        thresholds={**assumed, **chosen.thresholds},
        fallback=chosen.fallback,
        near_miss_band=chosen.near_miss_band,
        ask_band=chosen.ask_band,
        suppresses_duplicates=chosen.suppresses_duplicates,
        same_place=chosen.same_place,
    )
