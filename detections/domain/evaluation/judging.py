"""A set of pictures judged at thresholds: what the tables, curves and lists of scores are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from detections.domain.evaluation.confusion import Case, Cause, cases, cell
from detections.domain.evaluation.figures import Counts, Curve, curves_of
from detections.domain.evaluation.matching import IOU, Picture, match
from detections.domain.places import iou

Thresholds = Callable[[str], float]


class Outcome(StrEnum):
    """How a box counts: right, found wrongly, not found. A wrong label is one of both."""

    TP = "TP"
    FP = "FP"
    FN = "FN"


OUTCOMES: Mapping[Cause, frozenset[Outcome]] = {
    Cause.HIT: frozenset({Outcome.TP}),
    Cause.WRONG_LABEL: frozenset({Outcome.FP, Outcome.FN}),
    Cause.DUPLICATE: frozenset({Outcome.FP}),
    Cause.BAD_BOX: frozenset({Outcome.FP}),
    Cause.SPURIOUS: frozenset({Outcome.FP}),
    Cause.NEAR_MISS: frozenset({Outcome.FN}),
    Cause.MISSED: frozenset({Outcome.FN}),
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """Pictures with what became of every box, the curve of each label, and counts at the thresholds."""

    pictures: tuple[Picture, ...]
    cases: tuple[tuple[Case, ...], ...]
    curves: Mapping[str, Curve]
    counts: Mapping[str, Counts]

    def cells(self) -> Counter[tuple[str, str]]:
        """Return the confusion matrix: (true label, found label) → count, BACKGROUND for none."""
        pairs = zip(self.pictures, self.cases, strict=True)
        return Counter(cell(picture, case) for picture, own in pairs for case in own)


def judge(
    pictures: Sequence[Picture], threshold: Thresholds, lowest: Mapping[str, float] | None = None
) -> Judgement:
    """Judge pictures at thresholds 0–1. Curves end at `lowest`: below it the pictures are silent."""
    matched = [(each, match(each.truths, each.found)) for each in pictures]
    found = {
        label: _cut(curve, (lowest or {}).get(label, 0.0)) for label, curve in curves_of(matched).items()
    }
    counts = {label: curve.at(threshold(label)) for label, curve in found.items()}
    own = tuple(cases(each, threshold, one) for each, one in matched)
    return Judgement(tuple(pictures), own, found, counts)


def _cut(curve: Curve, lowest: float) -> Curve:
    pairs = tuple(pair for pair in curve.pairs if pair[0] >= lowest)
    return Curve(curve.label, pairs, curve.truths)


def weak_score(picture: Picture, case: Case) -> float | None:
    """Return with which score a near miss was seen after all, 0–1; None of any other case."""
    if case.cause is not Cause.NEAR_MISS or case.truth is None:
        return None
    truth = picture.truths[case.truth]
    seen = (each for each in picture.found if each.label == truth.label and iou(each.box, truth.box) >= IOU)
    return max((each.score for each in seen), default=None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases a person looks at; an empty word of a label means none there, None means any."""

    outcome: Outcome | None = None
    label: str | None = None
    true: str | None = None
    named: str | None = None
    cause: Cause | None = None

    def wants(self, picture: Picture, case: Case) -> bool:
        """Tell whether a case is one of those."""
        true, named = cell(picture, case)
        return (
            (self.outcome is None or self.outcome in OUTCOMES[case.cause])
            and (self.label is None or self.label in {true, named})
            and (self.true is None or self.true == true)
            and (self.named is None or self.named == named)
            and (self.cause is None or self.cause is case.cause)
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture by its number, with those of its cases that are wanted."""

    picture: int
    cases: tuple[Case, ...] = field(default=())


def chosen(judged: Judgement, wanted: Wanted) -> Iterator[Seen]:
    """Yield pictures that have wanted cases, in their order."""
    for number, (picture, own) in enumerate(zip(judged.pictures, judged.cases, strict=True)):
        if found := tuple(case for case in own if wanted.wants(picture, case)):
            yield Seen(number, found)
