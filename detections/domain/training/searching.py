"""Breads that are new since the last set, and older pictures on which they may stand without a box.

A picture on which a bread stands without a box teaches that it is background. Whoever labelled before the
bread was known could not mark it, so those pictures are to be looked at once more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from detections.domain.training.manifest import read
from detections.domain.training.sets import Entry


def labels_on(lines: Iterable[str]) -> set[str]:
    """Return the labels that a set's lines have boxes of."""
    return {each.label for said in lines for picture in read(said) for each in picture.marked}


def unsearched_in(entries: Sequence[Entry], known: Collection[str]) -> dict[str, list[Entry]]:
    """Return, for every bread that is not `known`, the pictures last looked at before it was first marked.

    Nothing where nothing is known: of a first set, everything is new.
    """
    first: dict[str, datetime] = {}
    for entry in entries if known else ():
        for label in _labels(entry) - set(known):
            first[label] = min(first.get(label, entry.labelled_at), entry.labelled_at)
    found = {
        label: [each for each in entries if each.looked_at < at and label not in _labels(each)]
        for label, at in sorted(first.items())
    }
    return {label: old for label, old in found.items() if old}


def _labels(entry: Entry) -> set[str]:
    return {each.label for each in entry.picture.marked}
