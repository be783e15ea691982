"""What the health check of a training set found, as sentences that say what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext

from detections.domain.training.checking import Check, Finding
from detections.selectors.brought import Show
from detections.selectors.drafts import Draft
from models_registry.models import Project

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
    Check.TORN: _(
        "Near-identical pictures stand on both sides: the model would be judged by what it learnt."
    ),
    Check.NOT_READABLE: _("The picture cannot be read where it lies. Put it back there, or take it out."),
    Check.NOT_READ_YET: _(
        "Pictures not read yet: nobody knows whether one like them stands on the other side."
    ),
    Check.MAY_BE_UNLABELLED: _("New since the last set: it may stand without a box on older pictures."),
    Check.UNBALANCED: _("Less than a tenth as often as the most frequent bread: it will be known worse."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """Findings of one kind: the sentence, what it is about with its address, and how many more there are."""

    sentence: str
    blocks: bool
    check: str
    names: tuple[tuple[str, str], ...]
    more: int
    count: int


def told(findings: Iterable[Finding], link_to: Callable[[Finding], str]) -> list[Told]:
    """Return findings by kind, in the order in which they came; `link_to` leads to what one is about."""
    kinds: dict[Check, list[Finding]] = {}
    for each in findings:
        kinds.setdefault(each.check, []).append(each)
    return [_told(check, found, link_to) for check, found in kinds.items()]


def _told(check: Check, found: list[Finding], link_to: Callable[[Finding], str]) -> Told:
    names = list({_name(each): link_to(each) for each in found if _name(each)}.items())
    return Told(
        gettext(SENTENCES[check]),
        found[0].blocks,
        check.value,
        tuple(names[:SHOWN]),
        max(0, len(names) - SHOWN),
        len(found),
    )


def _name(finding: Finding) -> str:
    name = finding.label or finding.source.rpartition("/")[2]
    if finding.check is Check.BAD_SIZE or not finding.count:
        return name
    return f"{name} ({finding.count})" if name else str(finding.count)


def links_of(project: Project, draft: Draft) -> Callable[[Finding], str]:
    """Return what leads from a finding to what it is about: to nothing where there is no page of it."""
    photos = {each.picture.source: each.detection for each in draft.entries if each.detection is not None}
    pictures, search = (reverse(name, args=[project.pk]) for name in ("training-pictures", "training-search"))

    def link_to(finding: Finding) -> str:
        match finding.check:
            case Check.MAY_BE_UNLABELLED:
                return f"{search}?{urlencode({'label': finding.label})}"
            case Check.NOT_READABLE:
                return f"{pictures}?show={Show.PROBLEM}"
            case Check.NOT_READ_YET:
                return pictures
        photo = photos.get(finding.source)
        return f"{reverse('review')}?photo={photo}" if photo else ""

    return link_to


def sides_to_load() -> list[tuple[str, str]]:
    """Return both sides as addresses and people call them."""
    return [("train", gettext("to learn from")), ("test", gettext("to judge by"))]
