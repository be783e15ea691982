"""Taking a fifth of a dataset for testing.

AWS says 20 %, and no more. Here: entries of one `group` stay together (pictures of one tray must not be on
both sides, or the test would ask for what was learnt by heart); every label gets onto the test side if it can
stay on the training side too; the same seed and the same source-refs always give the same split.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rekognition_local.manifests.entries import Entry
from rekognition_local.manifests.messages import ManifestFault

TEST_SHARE = 0.2
_AUTOSPLIT = "ERROR_INSUFFICIENT_IMAGES_PER_LABEL_FOR_AUTOSPLIT"


@dataclass(frozen=True, slots=True)
class Splittable:
    """What splitting needs to know of an entry: `key` is its source-ref."""

    key: str
    group: str | None
    labels: frozenset[str]


def split_for_test(entries: Sequence[Entry], *, seed: int) -> tuple[list[Entry], list[Entry]]:
    """Training and test entries, in their old order. Entries that cannot be used stay with training."""
    usable = [index for index, entry in enumerate(entries) if entry.is_usable]
    items = [_splittable(entries[index]) for index in usable]
    chosen = {usable[place] for place in choose_for_test(items, seed=seed, fault=_AUTOSPLIT)}
    train = [entry for index, entry in enumerate(entries) if index not in chosen]
    return train, [entries[index] for index in sorted(chosen)]


def choose_for_test(items: Sequence[Splittable], *, seed: int, fault: str) -> set[int]:
    """Indexes of the fifth that goes to the test side.

    Raises ManifestFault(`fault`) when less than half of the labels could be on both sides.
    """
    split = _Split(items, seed)
    split.give_every_label_one()
    split.fill()
    labels = frozenset[str]().union(*(item.labels for item in items))
    if not split.chosen or 2 * len(split.tested) < len(labels):
        raise ManifestFault(fault)
    return {index for name in split.chosen for index in split.members[name]}


class _Split:
    def __init__(self, items: Sequence[Splittable], seed: int) -> None:
        self.members: dict[str, list[int]] = defaultdict(list)
        for index, item in enumerate(items):
            self.members[f"g:{item.group}" if item.group else f"k:{item.key}"].append(index)
        self._labels = {
            name: frozenset[str]().union(*(items[index].labels for index in indexes))
            for name, indexes in self.members.items()
        }
        self._order = sorted(
            self.members, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest()
        )
        # In how many groups of the training side a label still is.
        self._left = Counter(label for labels in self._labels.values() for label in labels)
        self._target = max(1, round(TEST_SHARE * len(items)))
        self._count = 0
        self.chosen: set[str] = set()
        self.tested: set[str] = set()

    def give_every_label_one(self) -> None:
        """Rarest labels first: the others have more groups to choose from."""
        by_label: dict[str, list[str]] = defaultdict(list)
        for name in self._order:
            for label in self._labels[name]:
                by_label[label].append(name)
        for label in sorted(by_label, key=lambda label: (self._left[label], label)):
            if label not in self.tested:
                candidates = [name for name in by_label[label] if self._is_free(name)]
                if candidates:
                    self._choose(min(candidates, key=lambda name: len(self.members[name])))

    def fill(self) -> None:
        for name in self._order:
            if self._count + len(self.members[name]) <= self._target and self._is_free(name):
                self._choose(name)

    def _is_free(self, name: str) -> bool:
        """Whether the training side would still know every label without this group, and not be empty."""
        if name in self.chosen or len(self.chosen) + 1 >= len(self.members):
            return False
        return all(self._left[label] > 1 for label in self._labels[name])

    def _choose(self, name: str) -> None:
        self.chosen.add(name)
        self._count += len(self.members[name])
        self._left.subtract(self._labels[name])
        self.tested |= self._labels[name]


def _splittable(entry: Entry) -> Splittable:
    return Splittable(entry.source_ref or "", entry.group, entry.labels)
