"""How well photos are answered: counts that can be added up, and latency histograms that can, too.

A histogram has the same buckets everywhere, so that hours and stores are summed without their photos.
Bucket `i` holds the milliseconds above bound `i - 1` up to and including bound `i`; each bound is 2^(1/4)
of the one before (19 %), and what is above the last counts in the last. A quantile read from a sum lies in
the same bucket as the true one, so it is off by less than the bucket is wide.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil, sqrt
from typing import Any, TypeVar

BOUNDS_MS: tuple[int, ...] = tuple(round(8 * 2 ** (step / 4)) for step in range(57))
"""8 ms to 131 s; longer than the longest attempt."""
Z = 1.96
SLOW_MS = 1_000
"""A register should have its answer within a second."""

Key = TypeVar("Key")
Histogram = Mapping[int, int]
"""Photos by the number of the bucket; buckets without photos are left out."""


def bucket_of(milliseconds: int) -> int:
    """Return the number of the bucket that holds a latency."""
    return min(bisect_left(BOUNDS_MS, milliseconds), len(BOUNDS_MS) - 1)


def bucket_span(bucket: int) -> tuple[int, int]:
    """Return the bounds of a bucket: above the first, up to the second."""
    return (BOUNDS_MS[bucket - 1] if bucket else 0), BOUNDS_MS[bucket]


def histogram(latencies: Iterable[int]) -> Histogram:
    """Return the histogram of latencies in milliseconds."""
    return Counter(map(bucket_of, latencies))


def merge(one: Mapping[Key, int], other: Mapping[Key, int]) -> dict[Key, int]:
    """Add counts up, key by key; associative, and the empty one changes nothing."""
    both = dict(one)
    for key, count in other.items():
        both[key] = both.get(key, 0) + count
    return both


def quantile(counts: Histogram, share: float) -> float | None:
    """Return the latency in milliseconds that a share of the photos did not exceed; None without photos.

    The nearest-rank quantile, laid evenly into its bucket.
    """
    total = sum(counts.values())
    if not total:
        return None
    rank = min(total, max(1, ceil(share * total)))
    below = 0
    for bucket in sorted(counts):
        if below + counts[bucket] >= rank:
            low, high = bucket_span(bucket)
            return low + (high - low) * (rank - below) / counts[bucket]
        below += counts[bucket]
    raise AssertionError("The rank lies beyond the total.")


def at_least(part: int, whole: int) -> float:
    """Return the share that a part of a whole shows for sure: one of one says less than 90 of 100.

    The lower end of Wilson's 95 % interval (E. B. Wilson, JASA 22, 1927); 0 without a part.
    """
    if not part:
        return 0.0
    share, spread = part / whole, Z * Z / whole
    middle = share + spread / 2
    return (middle - Z * sqrt((share * (1 - share) + spread / 4) / whole)) / (1 + spread)


@dataclass(frozen=True, slots=True)
class Health:
    """Photos of some stores in some hours, counted.

    `failed` had no answer; `slow` was answered in more than a second; `near_miss`, `ask` and `shown` are
    answered photos with a near miss, with a question, with anything at all to show. `errors` counts by
    "OUTCOME:code". What is neither answered nor failed is on its way or waits for its model.
    """

    requests: int = 0
    answered: int = 0
    failed: int = 0
    slow: int = 0
    near_miss: int = 0
    ask: int = 0
    corrected: int = 0
    shown: int = 0
    total_ms: int = 0
    rekognition_ms: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    latency: Histogram = field(default_factory=dict)
    rekognition: Histogram = field(default_factory=dict)

    @classmethod
    def of(cls, counts: Iterable[int], maps: Mapping[str, Mapping[Any, int]]) -> Health:
        """Make one of counts in the order of COUNTS and of what is known of MAPS."""
        fields: dict[str, Any] = {**dict(zip(COUNTS, counts, strict=True)), **maps}
        return cls(**fields)

    def __add__(self, other: Health) -> Health:
        counts = (getattr(self, name) + getattr(other, name) for name in COUNTS)
        return Health.of(counts, {name: merge(getattr(self, name), getattr(other, name)) for name in MAPS})

    @property
    def error_share(self) -> float | None:
        """The share without an answer among photos that are decided."""
        return _share(self.failed, self.answered + self.failed)

    @property
    def slow_share(self) -> float | None:
        return _share(self.slow, self.answered)

    @property
    def near_miss_share(self) -> float | None:
        return _share(self.near_miss, self.answered)

    @property
    def ask_share(self) -> float | None:
        return _share(self.ask, self.answered)

    @property
    def corrected_share(self) -> float | None:
        return _share(self.corrected, self.answered)

    @property
    def empty_share(self) -> float | None:
        """The share of answered photos on which nothing was found: a bare tray, or a camera that is off."""
        return _share(self.answered - self.shown, self.answered)

    @property
    def p50(self) -> float | None:
        return quantile(self.latency, 0.50)

    @property
    def p95(self) -> float | None:
        return quantile(self.latency, 0.95)

    @property
    def p99(self) -> float | None:
        return quantile(self.latency, 0.99)

    @property
    def rekognition_p95(self) -> float | None:
        return quantile(self.rekognition, 0.95)


COUNTS = (
    "requests", "answered", "failed", "slow", "near_miss", "ask", "corrected", "shown",
    "total_ms", "rekognition_ms",
)  # fmt: skip
MAPS = ("errors", "latency", "rekognition")


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
