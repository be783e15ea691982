"""Rules by which a run is divided over the stores of its deployment (docs/billing.md, *Allocation*)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from stores.domain.sentences import Refusal

WHOLE = 10_000
"""Fixed shares are kept in hundredths of a per cent."""


class Rule(StrEnum):
    """How the money of a run is divided."""

    MINUTES = "MINUTES"
    DETECTIONS = "DETECTIONS"
    EVEN = "EVEN"
    FIXED = "FIXED"


class DatedRule(NamedTuple):
    """A rule from a date on; `shares` by store for fixed ones."""

    valid_from: date
    rule: Rule
    shares: Mapping[int, int] = {}


class InvalidAllocation(Refusal):
    """The rule cannot hold as it was written."""

    code = "invalid_allocation"


DEFAULT = DatedRule(date.min, Rule.MINUTES)


def rule_on(rules: Iterable[DatedRule], on: date) -> DatedRule:
    """Return the rule of a day: the newest that is valid; by needed minutes where there is none."""
    known = [rule for rule in rules if rule.valid_from <= on]
    return max(known, key=lambda rule: rule.valid_from, default=DEFAULT)


def weights_of(rule: DatedRule, stores: Iterable[int], trays: Mapping[int, int]) -> dict[int, int]:
    """Return each store's weight; none where needed minutes decide.

    They decide, too, when a rule has nothing to go by: no tray was seen, or no store with a share is left.
    Fixed shares of stores that have left fall to those that stay, in proportion.
    """
    match rule.rule:
        case Rule.MINUTES:
            return {}
        case Rule.EVEN:
            return dict.fromkeys(stores, 1)
        case Rule.DETECTIONS:
            found = {store: trays.get(store, 0) for store in stores}
        case Rule.FIXED:
            found = {store: rule.shares.get(store, 0) for store in stores}
    return found if any(found.values()) else {}


def check_shares(percents: Mapping[int, Decimal]) -> dict[int, int]:
    """Return fixed shares in hundredths of a per cent; refuse those that do not make 100 %."""
    weights = {store: int(percent * 100) for store, percent in percents.items()}
    if any(weight < 0 for weight in weights.values()):
        raise InvalidAllocation("A share is not negative.")
    missing = Decimal(WHOLE - sum(weights.values())) / 100
    if missing > 0:
        raise InvalidAllocation(
            "The shares add up to %(sum)s %%. They must make 100 %%: %(missing)s %% are missing.",
            sum=str(100 - missing), missing=str(missing),
        )  # fmt: skip
    if missing < 0:
        raise InvalidAllocation(
            "The shares add up to %(sum)s %%. They must make 100 %%: take %(missing)s %% away.",
            sum=str(100 - missing), missing=str(-missing),
        )  # fmt: skip
    return weights
