"""What mistakes cost at the till: for each cell of the confusion matrix the price charged minus the true one.

A bread found where none is, or found twice, is charged for nothing; one that is missed is not charged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from detections.domain.evaluation.confusion import BACKGROUND

TRAYS = 1_000
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Mischarge:
    """One kind of mistake. `gap` is what one costs: above 0 the customer, below the shop."""

    true: str
    named: str
    count: int
    gap: Decimal
    amount: Decimal
    """Of `TRAYS` trays, exact."""


@dataclass(frozen=True, slots=True)
class Mischarges:
    """Mistakes by money, the dearest first; amounts are of `TRAYS` trays and rounded to whole units."""

    lines: tuple[Mischarge, ...]
    overcharged: Decimal
    undercharged: Decimal
    same_price: int
    """Mistakes that cost nothing: both breads have one price."""
    unpriced: tuple[str, ...]
    left_out: int
    """Mistakes with a label that has no price."""


def mischarges(
    cells: Mapping[tuple[str, str], int], prices: Mapping[str, Decimal], *, pictures: int
) -> Mischarges:
    """Put a price on every cell off the diagonal. `pictures` are the trays that the cells were counted on."""
    lines, unpriced, left_out, same = [], set[str](), 0, 0
    for (true, named), count in cells.items():
        if true == named:
            continue
        without = {label for label in (true, named) if label != BACKGROUND and label not in prices}
        if without:
            unpriced |= without
            left_out += count
            continue
        gap = _price(named, prices) - _price(true, prices)
        same += count if gap == 0 else 0
        if gap:
            lines.append(Mischarge(true, named, count, gap, gap * count * TRAYS / pictures))
    lines.sort(key=lambda line: (-abs(line.amount), line.true, line.named))
    return Mischarges(
        tuple(lines),
        whole(sum((line.amount for line in lines if line.gap > 0), start=NOTHING)),
        whole(-sum((line.amount for line in lines if line.gap < 0), start=NOTHING)),
        same,
        tuple(sorted(unpriced)),
        left_out,
    )


def whole(amount: Decimal) -> Decimal:
    """Round to whole units of the currency, halves away from zero."""
    return amount.quantize(Decimal(1), rounding=ROUND_HALF_UP)


def _price(label: str, prices: Mapping[str, Decimal]) -> Decimal:
    return NOTHING if label == BACKGROUND else prices[label]
