"""Two versions on the same pictures: what was fixed, what broke, and how sure the difference is.

Differences are new minus old, each version at its own thresholds, chosen beforehand. Intervals come from a
paired bootstrap over groups of pictures that belong together, with a stored seed. Efron & Tibshirani 1993.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from detections.domain.evaluation.confusion import Cause, cases
from detections.domain.evaluation.figures import ENOUGH_BOXES, Counts, Interval
from detections.domain.evaluation.matching import Picture

RESAMPLES = 2_000
Thresholds = Callable[[str], float]
Tallies = Mapping[str, Counts]


class Change(StrEnum):
    """What became of one picture. Right is: every bread found, and nothing else."""

    FIXED = "FIXED"
    BROKEN = "BROKEN"
    STILL_WRONG = "STILL_WRONG"
    STILL_RIGHT = "STILL_RIGHT"


@dataclass(frozen=True, slots=True)
class Difference:
    """New minus old of one ratio with its 95 % interval; None where either is undefined."""

    old: float | None
    new: float | None
    interval: Interval | None

    @property
    def value(self) -> float | None:
        return None if self.old is None or self.new is None else self.new - self.old


@dataclass(frozen=True, slots=True)
class LabelChange:
    """One label (or all together) in both versions."""

    label: str
    truths: int
    precision: Difference
    recall: Difference
    f1: Difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """`changes` are by picture, in the order given; `total` adds the boxes of all labels."""

    changes: tuple[Change, ...]
    total: LabelChange
    labels: tuple[LabelChange, ...]


def tally(picture: Picture, threshold: Thresholds) -> dict[str, Counts]:
    """Count hits, false findings and misses of each label on one picture."""
    found: defaultdict[str, Counts] = defaultdict(Counts)
    for case in cases(picture, threshold):
        if case.cause is Cause.HIT and case.truth is not None:
            found[picture.truths[case.truth].label] += Counts(tp=1)
            continue
        if case.found is not None:
            found[picture.found[case.found].label] += Counts(fp=1)
        if case.truth is not None:
            found[picture.truths[case.truth].label] += Counts(fn=1)
    return dict(found)


def compare(
    old: Sequence[Picture], new: Sequence[Picture], *, old_threshold: Thresholds,
    new_threshold: Thresholds, seed: int, resamples: int = RESAMPLES,
) -> Comparison:  # fmt: skip
    """Compare findings on the same pictures, in the same order. resamples × groups × labels on a picture."""
    pairs = [
        (tally(one, old_threshold), tally(other, new_threshold)) for one, other in zip(old, new, strict=True)
    ]
    changes = tuple(_change(one, other) for one, other in pairs)
    groups = _grouped(old, pairs)
    labels = sorted({label for pair in groups for side in pair for label in side})
    samples = _samples(groups, labels, Random(seed), resamples)  # noqa: S311 - a bootstrap keeps no secret
    sums = _summed(groups, labels, [1] * len(groups))
    return Comparison(
        changes,
        _label_change("", [_all(sums)], [_all(each) for each in samples]),
        tuple(
            _label_change(label, [sums[index]], [each[index] for each in samples])
            for index, label in enumerate(labels)
        ),
    )


def _change(old: Tallies, new: Tallies) -> Change:
    was, is_now = _is_right(old), _is_right(new)
    if was:
        return Change.STILL_RIGHT if is_now else Change.BROKEN
    return Change.FIXED if is_now else Change.STILL_WRONG


def _is_right(tallies: Tallies) -> bool:
    return not any(each.fp or each.fn for each in tallies.values())


Pair = tuple[Counts, Counts]


def _grouped(
    pictures: Sequence[Picture], pairs: Sequence[tuple[dict[str, Counts], dict[str, Counts]]]
) -> list[tuple[dict[str, Counts], dict[str, Counts]]]:
    groups: dict[Hashable, tuple[dict[str, Counts], dict[str, Counts]]] = {}
    for index, (picture, pair) in enumerate(zip(pictures, pairs, strict=True)):
        key: Hashable = ("alone", index) if picture.group is None else ("group", picture.group)
        sums = groups.setdefault(key, ({}, {}))
        for side, tallies in zip(sums, pair, strict=True):
            for label, counts in tallies.items():
                side[label] = side.get(label, Counts()) + counts
    return list(groups.values())


def _samples(
    groups: Sequence[tuple[dict[str, Counts], dict[str, Counts]]],
    labels: Sequence[str], random: Random, resamples: int,
) -> list[list[Pair]]:  # fmt: skip
    found = []
    for _ in range(resamples):
        weights = [0] * len(groups)
        for index in random.choices(range(len(groups)), k=len(groups)):
            weights[index] += 1
        found.append(_summed(groups, labels, weights))
    return found


def _summed(
    groups: Sequence[tuple[dict[str, Counts], dict[str, Counts]]],
    labels: Sequence[str], weights: Sequence[int],
) -> list[Pair]:  # fmt: skip
    place = {label: 6 * index for index, label in enumerate(labels)}
    sums = [0] * (6 * len(labels))
    for group, weight in zip(groups, weights, strict=True):
        if weight:
            for side, offset in zip(group, (0, 3), strict=True):
                for label, counts in side.items():
                    at = place[label] + offset
                    sums[at] += weight * counts.tp
                    sums[at + 1] += weight * counts.fp
                    sums[at + 2] += weight * counts.fn
    return [(Counts(*sums[at : at + 3]), Counts(*sums[at + 3 : at + 6])) for at in range(0, len(sums), 6)]


def _all(pairs: Sequence[Pair]) -> Pair:
    olds, news = (one for one, _ in pairs), (other for _, other in pairs)
    return sum(olds, start=Counts()), sum(news, start=Counts())


def _label_change(label: str, seen: Sequence[Pair], samples: Sequence[Pair]) -> LabelChange:
    ((old, new),) = seen
    ratios = ("precision", "recall", "f1")
    differences = [_difference(old, new, samples, ratio) for ratio in ratios]
    return LabelChange(label, old.tp + old.fn, *differences)


def _difference(old: Counts, new: Counts, samples: Sequence[Pair], ratio: str) -> Difference:
    values = []
    for one, other in samples:
        before, after = getattr(one, ratio), getattr(other, ratio)
        if before is not None and after is not None:
            values.append(after - before)
    values.sort()
    low, high = int(0.025 * len(values)), max(0, int(0.975 * len(values)) - 1)
    interval = (values[low], values[high]) if values else None
    return Difference(getattr(old, ratio), getattr(new, ratio), interval)


class Hurdle(StrEnum):
    """What a promotion must not do."""

    WORSE_OVERALL = "WORSE_OVERALL"
    RECALL_FELL = "RECALL_FELL"
    BESTSELLER_FELL = "BESTSELLER_FELL"
    LABEL_GONE = "LABEL_GONE"
    TOO_FEW_PICTURES = "TOO_FEW_PICTURES"


@dataclass(frozen=True, slots=True)
class Gate:
    """What is tolerated; ratios 0–1. Proposed in docs/evaluation.md, to be tuned with real models."""

    f1_tolerance: float = 0.005
    recall_tolerance: float = 0.02
    least_pictures: int = 10


@dataclass(frozen=True, slots=True)
class Failure:
    """A hurdle that was not taken; label is empty for all of them together."""

    hurdle: Hurdle
    label: str = ""
    value: float | None = None


def check_gate(
    comparison: Comparison, *, bestsellers: frozenset[str], known: frozenset[str], gate: Gate | None = None
) -> tuple[Failure, ...]:
    """Return why a new version should not serve. `known` are the labels that it was trained on."""
    rule, failures = gate or Gate(), []
    if len(comparison.changes) < rule.least_pictures:
        failures.append(Failure(Hurdle.TOO_FEW_PICTURES, value=len(comparison.changes)))
    overall = comparison.total.f1
    if overall.interval and overall.interval[0] < -rule.f1_tolerance and (overall.value or 0) < 0:
        failures.append(Failure(Hurdle.WORSE_OVERALL, value=overall.value))
    for each in comparison.labels:
        if each.truths and known and each.label not in known:
            failures.append(Failure(Hurdle.LABEL_GONE, each.label))
            continue
        value, interval = each.recall.value, each.recall.interval
        if each.truths >= ENOUGH_BOXES and interval and interval[1] < -rule.recall_tolerance:
            failures.append(Failure(Hurdle.RECALL_FELL, each.label, value))
        elif each.label in bestsellers and value is not None and value < -rule.recall_tolerance:
            failures.append(Failure(Hurdle.BESTSELLER_FELL, each.label, value))
    return tuple(failures)
