"""The breads on sale: names, family (look-alikes share one) and who draws them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from portal.base.errors import InvalidInput
from portal.home.demo.trays import buns, filled, fried, loaves, pastries, rolls
from portal.home.demo.trays.plot import Crust, Plot


@dataclass(frozen=True)
class Bread:
    """One article of the counter. `reach` bounds it from its middle, in centimetres."""

    key: str
    ja: str
    en: str
    family: str
    reach: float
    draw: Callable[[Plot], Crust] = field(repr=False, compare=False)


BREADS: tuple[Bread, ...] = (
    Bread("anpan", "あんぱん", "Red bean bun", "bun", 5.2, buns.anpan),
    Bread("uguisu-pan", "うぐいすパン", "Green pea bun", "bun", 5.2, buns.uguisu),
    Bread("melon-pan", "メロンパン", "Melon bread", "melon", 5.8, buns.melon),
    Bread(
        "choco-chip-melon-pan",
        "チョコチップメロンパン",
        "Chocolate chip melon bread",
        "melon",
        5.8,
        buns.chip_melon,
    ),
    Bread("cream-pan", "クリームパン", "Cream bread", "cream", 6.4, buns.cream),
    Bread("curry-pan", "カレーパン", "Curry bread", "fried", 6.2, fried.curry),
    Bread("an-doughnut", "あんドーナツ", "Red bean doughnut", "fried", 5.0, fried.an_doughnut),
    Bread("croissant", "クロワッサン", "Croissant", "roll", 7.4, rolls.croissant),
    Bread("salt-roll", "塩パン", "Salt roll", "roll", 6.6, rolls.salt_roll),
    Bread("choco-cornet", "チョココロネ", "Chocolate cornet", "cornet", 7.0, rolls.cornet),
    Bread("yakisoba-pan", "焼きそばパン", "Fried noodle roll", "long", 7.8, filled.yakisoba),
    Bread("sausage-roll", "ソーセージパン", "Sausage roll", "long", 7.8, filled.sausage),
    Bread("danish", "フルーツデニッシュ", "Fruit danish", "danish", 6.6, pastries.danish),
    Bread("shokupan", "食パン", "White bread", "loaf", 7.4, loaves.shokupan),
)

BY_KEY = {bread.key: bread for bread in BREADS}


def breads_named(keys: Iterable[str]) -> tuple[Bread, ...]:
    """Find breads by key. Raises InvalidInput that lists the known keys."""
    keys = tuple(keys)
    for key in keys:
        if key not in BY_KEY:
            raise InvalidInput(f"There is no bread “{key}”. Known: {', '.join(BY_KEY)}.")
    return tuple(BY_KEY[key] for key in keys)
