"""What corrections changed: mistakes with the breads that were corrected, version by version.

A mistake with a bread is a box of it that was missed or named otherwise, or that name where the bread was
not. Its share is that of all boxes that were, or were named, this bread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from detections.domain.evaluation.confusion import Case, Cause, cases
from detections.domain.evaluation.figures import ENOUGH_BOXES
from detections.domain.evaluation.matching import Picture


@dataclass(frozen=True, slots=True)
class Mistakes:
    """So many wrong of so many boxes; from the random sample of photos, or from all that were reviewed."""

    wrong: int = 0
    of: int = 0
    is_sample: bool = False

    @property
    def percent(self) -> float | None:
        return 100 * self.wrong / self.of if self.of else None

    @property
    def is_trusted(self) -> bool:
        return self.of >= ENOUGH_BOXES


@dataclass(frozen=True, slots=True)
class Change:
    """One bread: how often a person corrected it, and the mistakes with it by version, oldest first."""

    label: str
    corrections: int
    mistakes: tuple[Mistakes, ...]

    @property
    def ends(self) -> tuple[Mistakes, Mistakes] | None:
        """The first and the last version, if both can be trusted."""
        if len(self.mistakes) < 2 or not (self.mistakes[0].is_trusted and self.mistakes[-1].is_trusted):
            return None
        return self.mistakes[0], self.mistakes[-1]


def corrected(pictures: Iterable[Picture]) -> Counter[str]:
    """Return on how many pictures each bread was part of a mistake; findings are what was shown."""
    return Counter(label for picture in pictures for label in {*_wrong(picture)})


def changes(
    most: Sequence[tuple[str, int]], versions: Sequence[tuple[Sequence[Picture], Sequence[Picture]]]
) -> list[Change]:
    """Return the breads that were corrected, with their mistakes by version.

    A version is its random sample and all its reviewed pictures: the sample counts where it has boxes enough.
    """
    counted = [(_mistakes(sample, is_sample=True), _mistakes(every)) for sample, every in versions]
    return [
        Change(label, count, tuple(_better(label, sample, every) for sample, every in counted))
        for label, count in most
    ]


def _better(label: str, sample: dict[str, Mistakes], every: dict[str, Mistakes]) -> Mistakes:
    drawn = sample.get(label, Mistakes())
    return drawn if drawn.is_trusted else every.get(label, Mistakes())


def _mistakes(pictures: Iterable[Picture], *, is_sample: bool = False) -> dict[str, Mistakes]:
    wrong: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for picture in pictures:
        wrong.update(_wrong(picture))
        hits = (case.truth for case in _cases(picture) if case.cause is Cause.HIT)
        right.update(picture.truths[truth].label for truth in hits if truth is not None)
    labels = {*wrong, *right}
    return {label: Mistakes(wrong[label], wrong[label] + right[label], is_sample) for label in labels}


def _wrong(picture: Picture) -> list[str]:
    """Return the breads of each mistake on a picture: one, or the true one and the one named."""
    found: list[str] = []
    for case in _cases(picture):
        if case.cause is not Cause.HIT:
            truth = set() if case.truth is None else {picture.truths[case.truth].label}
            named = set() if case.found is None else {picture.found[case.found].label}
            found.extend(truth | named)
    return found


def _cases(picture: Picture) -> tuple[Case, ...]:
    return cases(picture, lambda label: 0.0)
