"""Write how a deployment's runs are divided from a day on; no rule begins in the past, so no money moves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction

from models_registry.domain.allocation import InvalidAllocation, Rule, check_shares
from models_registry.models import AllocationRule, AllocationShare, Deployment


def save_rule(
    *, deployment: Deployment, rule: Rule, valid_from: date, percents: Mapping[int, Decimal], today: date
) -> AllocationRule:
    """Let a rule hold from a date on; one of the same date is replaced. `percents` are for fixed shares."""
    if valid_from < today:
        raise InvalidAllocation("A rule begins today or later: money of the past never moves.")
    weights = check_shares(percents) if rule is Rule.FIXED else {}
    with transaction.atomic():
        saved, _ = AllocationRule.objects.update_or_create(
            deployment=deployment, valid_from=valid_from, defaults={"rule": rule.value}
        )
        saved.shares.all().delete()
        AllocationShare.objects.bulk_create(
            AllocationShare(rule=saved, store_id=store, weight=weight) for store, weight in weights.items()
        )
    return saved


def remove_rule(*, rule: AllocationRule, today: date) -> None:
    """Take a rule back that has not begun."""
    if rule.valid_from <= today:
        raise InvalidAllocation("This rule has begun. Let another follow it instead.")
    rule.delete()
