"""Amounts rounded so that what is shown adds up: largest remainder, at every level."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import TypeVar

CENT = Decimal("0.01")
Key = TypeVar("Key")
Group = TypeVar("Group")


def apportion(total: Decimal, weights: Mapping[Key, int], step: Decimal) -> dict[Key, Decimal]:
    """Split a total by weights into multiples of `step` that add up: largest remainder (Hamilton's method).

    Equal remainders go by the order of the keys. Nothing is lost: what is short of a step stays short.
    """
    whole, sum_of_weights = int(total / step), sum(weights.values())
    parts: dict[Key, int] = {}
    remainders: dict[Key, int] = {}
    for key, weight in weights.items():
        parts[key], remainders[key] = divmod(whole * weight, sum_of_weights or 1)
    missing = whole - sum(parts.values()) if sum_of_weights else 0
    for key in sorted(weights, key=lambda each: (-remainders[each], each))[:missing]:
        parts[key] += 1
    return {key: part * step for key, part in parts.items()}


def add_up(amounts: Mapping[Key, Decimal], step: Decimal = CENT) -> dict[Key, Decimal]:
    """Round a column to `step` so that the rows shown add up to the total shown.

    The total is rounded once, half to even; a row differs from its exact amount by less than a step.
    """
    total = sum(amounts.values(), Decimal(0)).quantize(step, ROUND_HALF_EVEN)
    return fit(amounts, total, step)


def fit(amounts: Mapping[Key, Decimal], total: Decimal, step: Decimal = CENT) -> dict[Key, Decimal]:
    """Round a column to `step` so that it adds up to a total that is shown already.

    Where that total lies within the column's own roundings a row differs by less than a step; else the
    rest goes round once more. Amounts may be negative.
    """
    parts = {key: int((amount / step).to_integral_value(ROUND_FLOOR)) for key, amount in amounts.items()}
    if not parts:
        return {}
    every, missing = divmod(int(total / step) - sum(parts.values()), len(parts))
    order = sorted(parts, key=lambda each: (parts[each] * step - amounts[each], each))
    first = set(order[:missing])
    return {key: (part + every + (key in first)) * step for key, part in parts.items()}


def fit_within(
    groups: Mapping[Group, Mapping[Key, Decimal]], step: Decimal = CENT
) -> dict[Group, dict[Key, Decimal]]:
    """Round groups of a column so that the rows add up to their groups, and the groups to the total."""
    sums = {group: sum(rows.values(), Decimal(0)) for group, rows in groups.items()}
    shown = add_up(sums, step)
    return {group: fit(rows, shown[group], step) for group, rows in groups.items()}
