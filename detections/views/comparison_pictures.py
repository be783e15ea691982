"""Pictures of a comparison: where they are to be had, and the boxes that are drawn over them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from detections.domain.evaluation.confusion import Cause, cases
from detections.domain.evaluation.matching import Picture, as_ratio
from detections.domain.places import Box, Rules
from detections.selectors.comparisons import Changed
from detections.selectors.pairs import Pair
from detections.selectors.serving import rules_of_rivals
from models_registry.models import ModelVersion

RIGHT, WRONG, LOST = "right", "wrong", "lost"


def tile(new: ModelVersion, changed: Changed, *, is_small: bool) -> dict[str, Any]:
    """Return a picture's address and its place in the comparison."""
    size = "?size=thumb" if is_small else ""
    if changed.photo is not None:
        address = reverse("detection-picture", args=[changed.photo])
    else:
        address = reverse("version-picture", args=[new.pk, changed.number])
    return {"place": changed.place, "photo": changed.photo, "picture": address + size}


def drawn(old: ModelVersion, new: ModelVersion, pair: Pair) -> list[dict[str, Any]]:
    """Return three panels: the truth, and what each version says, right or wrong, at its thresholds."""
    truths = [{"label": each.label, "kind": RIGHT, **_percent(each.box)} for each in pair.new.truths]
    before, after = rules_of_rivals(old, new)
    return [
        {"title": gettext("What is on it"), "boxes": truths},
        {"title": old.name, "boxes": _boxes(pair.old, before)},
        {"title": new.name, "boxes": _boxes(pair.new, after)},
    ]


def _boxes(picture: Picture, rules: Rules) -> list[dict[str, Any]]:
    boxes = []
    for case in cases(picture, lambda label: as_ratio(rules.threshold(label))):
        if case.found is not None:
            found = picture.found[case.found]
            kind = RIGHT if case.cause is Cause.HIT else WRONG
            said = f"{found.label} {100 * found.score:.0f}"
            boxes.append({"label": said, "kind": kind, **_percent(found.box)})
        elif case.truth is not None:
            truth = picture.truths[case.truth]
            boxes.append({"label": truth.label, "kind": LOST, **_percent(truth.box)})
    return boxes


def _percent(box: Box) -> dict[str, float]:
    return {
        "left": 100 * box.left, "top": 100 * box.top, "width": 100 * box.width, "height": 100 * box.height
    }  # fmt: skip
