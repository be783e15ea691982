"""What the health check of a training set found, as sentences that say what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from detections.domain.training.checking import Check, Finding

SHOWN = 5
"""So many pictures or labels of one kind are named; the rest is counted."""


def _(text: str) -> str:
    return text


SENTENCES = {
    Check.NOTHING_TO_TRAIN: _("There is no picture to learn from. Review photos, or bring labelled ones."),
    Check.NOTHING_TO_TEST: _(
        "There is no picture to judge by. Review more: a fifth of the scenes and the random sample are kept."
    ),
    Check.TOO_MANY_LABELS: _("AWS takes 250 different breads at most. Take some out."),
    Check.TOO_MANY_BOXES: _("AWS takes 50 boxes a picture at most. Delete some, or take the review back."),
    Check.BAD_SIZE: _("AWS takes pictures of 64 to 4096 pixels. Take the review back."),
    Check.BAD_LABEL: _("The name of this bread is empty, too long or cannot be printed. Choose another."),
    Check.TINY_BOX: _("A box is a pixel or less. Draw it again, or delete it."),
    Check.TOO_LITTLE_OVERLAP: _("Less than half of the breads to judge by are learnt. Review more of them."),
    Check.NOT_IN_TEST: _("Not among the pictures to judge by: nobody will see how well it is known."),
    Check.NOT_IN_TRAIN: _("Only among the pictures to judge by: it cannot be learnt."),
    Check.FEW_TEST_BOXES: _("Fewer than 50 boxes to judge by: its figures will be too few to trust."),
    Check.TORN: _("Near-identical pictures stand on both sides: the model would be judged by what it learnt."),
    Check.NOT_READABLE: _("The picture cannot be read where it lies. Put it back there, or take it out."),
    Check.NOT_READ_YET: _(
        "Pictures not read yet: nobody knows whether one like them stands on the other side."
    ),
    Check.MAY_BE_UNLABELLED: _("New since the last set: it may stand without a box on older pictures."),
    Check.UNBALANCED: _("Less than a tenth as often as the most frequent bread: it will be known worse."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """Findings of one kind: the sentence, what it is about, and how many more there are."""

    sentence: str
    blocks: bool
    names: tuple[str, ...]
    more: int
    count: int


def told(findings: Iterable[Finding]) -> list[Told]:
    """Return findings by kind, in the order in which they came."""
    kinds: dict[Check, list[Finding]] = {}
    for each in findings:
        kinds.setdefault(each.check, []).append(each)
    return [_told(check, found) for check, found in kinds.items()]


def _told(check: Check, found: list[Finding]) -> Told:
    names = list(dict.fromkeys(_name(each) for each in found if _name(each)))
    return Told(
        gettext(SENTENCES[check]),
        found[0].blocks,
        tuple(names[:SHOWN]),
        max(0, len(names) - SHOWN),
        len(found),
    )


def _name(finding: Finding) -> str:
    name = finding.label or finding.source.rpartition("/")[2]
    if finding.check is Check.BAD_SIZE or not finding.count:
        return name
    return f"{name} ({finding.count})" if name else str(finding.count)
