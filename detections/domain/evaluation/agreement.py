"""Whether AWS counts as we do: its flag for each box of a test set beside ours at IoU 0.5."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from detections.domain.evaluation.matching import Found, match
from detections.domain.evaluation.snapshot import KEPT, Examined, Flag


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One box that is flagged otherwise: its picture by number, and its place among the picture's boxes."""

    picture: int
    box: int
    theirs: Flag
    ours: Flag


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many of AWS's flags are ours, and those that are not."""

    agreed: int
    flagged: int
    disagreements: tuple[Disagreement, ...]

    @property
    def rate(self) -> float | None:
        return self.agreed / self.flagged if self.flagged else None

    @property
    def kinds(self) -> list[tuple[Flag, Flag, int]]:
        """Return (theirs, ours, how often), most often first."""
        counted = Counter((each.theirs, each.ours) for each in self.disagreements)
        return [(theirs, ours, count) for (theirs, ours), count in counted.most_common()]


def agreement(tested: Sequence[Examined]) -> Agreement:
    """Compare every flag. AWS's word on what it kept is taken, so that thresholds play no part."""
    agreed, flagged, others = 0, 0, list[Disagreement]()
    for number, each in enumerate(tested):
        for place, (box, ours) in enumerate(zip(each.boxes, our_flags(each), strict=True)):
            if box.flag is None:
                continue
            flagged += 1
            agreed += box.flag is ours
            if box.flag is not ours:
                others.append(Disagreement(number, place, box.flag, ours))
    return Agreement(agreed, flagged, tuple(others))


def our_flags(tested: Examined) -> list[Flag]:
    """Return our word on each box of a picture, in their order."""
    found = [Found(each.label, each.score, each.box) for each in tested.boxes]
    taken = match(tested.truths, found).taken
    return [
        _flag(is_kept=box.flag in KEPT, is_hit=place is not None)
        for box, place in zip(tested.boxes, taken, strict=True)
    ]


def _flag(*, is_kept: bool, is_hit: bool) -> Flag:
    if is_kept:
        return Flag.TP if is_hit else Flag.FP
    return Flag.FN if is_hit else Flag.TN
