"""What breads cost, for money lost by mistakes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from detections.models import Product


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices by label in one currency, that of most products; empty without any."""

    currency: str
    by_label: dict[str, Decimal]


def prices() -> Prices:
    """Return the price of every product; one query. Sold out ones too: their mistakes were made."""
    rows = list(Product.objects.order_by("label").values_list("label", "price", "currency"))
    if not rows:
        return Prices("JPY", {})
    ((currency, _),) = Counter(each for _, _, each in rows).most_common(1)
    return Prices(currency, {label: price for label, price, own in rows if own == currency})
