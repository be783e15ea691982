"""Near-identical pictures by their difference hash: they are shown together, and none is ever deleted.

A bread replaced by a look-alike moves the hash by a bit or two only, so pictures are alike only if what was
seen on them is the same, too. (Measured on rendered trays: the same tray again 2 bits, another 24.)
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

BITS = 64
SAME_SCENE = 8


def difference_hash(grey: Sequence[int], width: int = 9) -> int:
    """Return the 64-bit dHash of 9 × 8 grey values, row by row: a bit where the right one is brighter."""
    value = 0
    for start in range(0, len(grey), width):
        for column in range(width - 1):
            value = value << 1 | (grey[start + column + 1] > grey[start + column])
    return value


def signed(value: int) -> int:
    """Return a 64-bit hash as PostgreSQL's bigint holds it."""
    return value - (1 << BITS) if value >= 1 << (BITS - 1) else value


def distance(one: int, other: int) -> int:
    """Return how many bits differ; of signed hashes as well."""
    return ((one ^ other) & ((1 << BITS) - 1)).bit_count()


def grouped(keys: Sequence[tuple[int | None, Hashable]], *, most: int = SAME_SCENE) -> list[list[int]]:
    """Group indexes whose kind is equal and whose hash is near that of the group's first; order is kept.

    A picture without a hash stands alone. Compares with the first of each group: n × groups.
    """
    groups: list[list[int]] = []
    for index, (value, kind) in enumerate(keys):
        for group in groups:
            first, other = keys[group[0]]
            if value is not None and first is not None and kind == other and distance(value, first) <= most:
                group.append(index)
                break
        else:
            groups.append([index])
    return groups
