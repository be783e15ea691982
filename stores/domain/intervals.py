"""Half-open intervals `[start, end)` of UTC seconds: the one way to decide, bill and draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.base.errors import InvalidInput
from stores.domain.localtime import from_seconds, to_seconds

Span = tuple[int, int]
"""A half-open pair of UTC seconds since the epoch, start < end."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A half-open interval of UTC instants. Refuses naive datetimes and start >= end."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise InvalidInput("An interval needs instants with a time zone.")
        if self.start >= self.end:
            raise InvalidInput("An interval must end after it starts.")

    @classmethod
    def of(cls, span: Span) -> Interval:
        """Build the interval of a span of seconds."""
        return cls(from_seconds(span[0]), from_seconds(span[1]))

    @property
    def span(self) -> Span:
        """The same interval in whole seconds."""
        return to_seconds(self.start), to_seconds(self.end)

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end


def union(spans: Iterable[Span]) -> list[Span]:
    """Return the spans sorted, disjoint, merged where they overlap or touch; empty ones dropped."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def intersect(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """Return what two sorted, disjoint sequences have in common; linear in their lengths."""
    common: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            common.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return common


def subtract(spans: Sequence[Span], removed: Sequence[Span]) -> list[Span]:
    """Return what is left of sorted, disjoint `spans` without the sorted, disjoint `removed`."""
    left: list[Span] = []
    for start, end in spans:
        for gone_start, gone_end in removed:
            if gone_end <= start or gone_start >= end:
                continue
            if gone_start > start:
                left.append((start, gone_start))
            start = gone_end
            if start >= end:
                break
        if start < end:
            left.append((start, end))
    return left


def clip(spans: Iterable[Span], bounds: Span) -> list[Span]:
    """Return the parts of the spans inside `bounds`, in the same order."""
    low, high = bounds
    return [(max(start, low), min(end, high)) for start, end in spans if start < high and end > low]


def contains(spans: Iterable[Span], second: int) -> bool:
    """Tell whether a second lies in one of the spans."""
    return any(start <= second < end for start, end in spans)


def seconds_in(spans: Iterable[Span]) -> int:
    """Return the total length of disjoint spans, in seconds."""
    return sum(end - start for start, end in spans)


def boundaries(*layers: Iterable[Span]) -> Iterator[int]:
    """Yield every distinct start and end of the layers, ascending: the cuts of a sweep."""
    yield from sorted({edge for layer in layers for span in layer for edge in span})
