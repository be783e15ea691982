"""Which rule divides a deployment's runs on which day, and the weights it gives the stores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Prefetch

from models_registry.domain.allocation import DatedRule, Rule, rule_on, weights_of
from models_registry.models import AllocationRule, AllocationShare, Deployment
from models_registry.selectors.deployments import zone_of_first_store
from models_registry.selectors.trays import trays_of
from stores.domain.localtime import local_date

USUAL = timedelta(days=28)
"""A plan is divided by the trays of so many days before it."""

Rules = Mapping[int, list[DatedRule]]


def rules_of_deployments(deployments: Iterable[int]) -> dict[int, list[DatedRule]]:
    """Return the dated rules of deployments that have any; one query, two where shares are fixed."""
    rows = list(AllocationRule.objects.filter(deployment_id__in=list(deployments)).order_by("valid_from"))
    shares: dict[int, dict[int, int]] = defaultdict(dict)
    fixed = [row.pk for row in rows if row.rule == Rule.FIXED]
    if fixed:
        found = AllocationShare.objects.filter(rule_id__in=fixed).order_by("id")
        for rule, store, weight in found.values_list("rule_id", "store_id", "weight"):
            shares[rule][store] = weight
    rules: dict[int, list[DatedRule]] = defaultdict(list)
    for row in rows:
        rules[row.deployment_id].append(DatedRule(row.valid_from, Rule(row.rule), shares[row.pk]))
    return dict(rules)


def zones_of_deployments(deployments: Iterable[int]) -> dict[int, str]:
    """Return the clock by which each deployment's rules begin: that of its first store; one query."""
    rows = Deployment.objects.filter(pk__in=list(deployments)).annotate(zone=zone_of_first_store("pk"))
    return {pk: zone or "UTC" for pk, zone in rows.order_by("pk").values_list("pk", "zone")}


def run_weights(
    deployment: int, stores: Iterable[int], *, since: datetime, until: datetime
) -> tuple[Rule, dict[int, int]]:
    """Return the rule of a run that began at `since`, and the weights it gives; three queries at most."""
    rules = rules_of_deployments([deployment]).get(deployment)
    if not rules:
        return Rule.MINUTES, {}
    rule = rule_on(rules, local_date(zones_of_deployments([deployment]).get(deployment, "UTC"), since))
    stores = list(stores)
    trays = trays_of(stores, since=since, until=until) if rule.rule is Rule.DETECTIONS else {}
    return rule.rule, weights_of(rule, stores, trays)


def planned_weights(stores: Mapping[int, Iterable[int]], *, at: datetime) -> dict[int, dict[int, int]]:
    """Return the weights by which plans are divided now, by deployment; three queries at most.

    By trays: those of the last 28 days. Deployments that go by needed minutes are left out.
    """
    rules = rules_of_deployments(stores)
    if not rules:
        return {}
    zones = zones_of_deployments(rules)
    today = {pk: rule_on(own, local_date(zones[pk], at)) for pk, own in rules.items()}
    by_trays = [store for pk, rule in today.items() if rule.rule is Rule.DETECTIONS for store in stores[pk]]
    trays = trays_of(by_trays, since=at - USUAL, until=at) if by_trays else {}
    return {pk: weights_of(rule, stores[pk], trays) for pk, rule in today.items()}


@dataclass(frozen=True, slots=True)
class ShownRules:
    """The rules of a deployment, newest first; which holds today, and the newest fixed shares in per cent."""

    rows: list[AllocationRule]
    present: str
    percents: dict[int, Decimal]


def rules_shown(deployment: Deployment, *, today: date) -> ShownRules:
    """Return what the page of a deployment's rules shows; two queries."""
    rows = list(
        AllocationRule.objects.filter(deployment=deployment)
        .prefetch_related(
            Prefetch("shares", AllocationShare.objects.select_related("store").order_by("store__code"))
        )
        .order_by("-valid_from")
    )
    present = next((row.rule for row in rows if row.valid_from <= today), Rule.MINUTES.value)
    fixed = next((row for row in rows if row.rule == Rule.FIXED), None)
    own = fixed.shares.all() if fixed else ()
    return ShownRules(rows, present, {each.store_id: Decimal(each.weight) / 100 for each in own})
