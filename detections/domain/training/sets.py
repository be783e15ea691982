"""What a training set holds, what changed since the last one, and what it may cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from detections.domain.training.manifest import line, read
from detections.domain.training.pictures import Labelled, Split

Place = tuple[str, str]
"""On which side an entry is, and the s3:// address of its picture."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture of a set. `copied_from` is where it lies until it is copied; empty where it may stay.

    It is the reviewed photo `detection`, or the picture `brought` from elsewhere, which somebody has looked
    through at `searched_at`.
    """

    split: Split
    picture: Labelled
    labelled_at: datetime
    copied_from: str = ""
    detection: int | None = None
    brought: int | None = None
    searched_at: datetime | None = None

    @property
    def looked_at(self) -> datetime:
        """Return when a person last looked it through."""
        return max(self.labelled_at, self.searched_at or self.labelled_at)

    @property
    def place(self) -> Place:
        """What tells it from the others of a set."""
        return self.split.value, self.picture.source

    @property
    def line(self) -> str:
        """Return it as AWS gets it."""
        return line(self.picture, at=self.labelled_at)


def emptied(said: str, *, at: datetime) -> str:
    """Return a line again without its boxes: AWS has no way to delete one."""
    picture = read(said)[0]
    return line(Labelled(picture.source, picture.width, picture.height, ()), at=at)


@dataclass(frozen=True, slots=True)
class Difference:
    """How many entries are new, gone, or have other boxes than before."""

    added: int
    removed: int
    changed: int

    @property
    def is_nothing(self) -> bool:
        """Tell whether both sets are the same."""
        return not (self.added or self.removed or self.changed)


def difference(old: Mapping[Place, str], new: Mapping[Place, str]) -> Difference:
    """Compare two sets by their lines."""
    both = old.keys() & new.keys()
    return Difference(
        len(new.keys() - old.keys()),
        len(old.keys() - new.keys()),
        sum(old[place] != new[place] for place in both),
    )


@dataclass(frozen=True, slots=True)
class Expectation:
    """How long a training may take and what it may cost, from the project's own; money is rounded."""

    length: timedelta
    usd: Decimal | None


def expected_length(trained: Sequence[tuple[int, int]], pictures: int) -> timedelta | None:
    """Return how long `pictures` may take, from (pictures, billable seconds) of earlier trainings.

    The slowest pace counts, and no training was ever shorter than the shortest. None before the first.
    """
    known = [(count, seconds) for count, seconds in trained if count > 0 and seconds > 0]
    if not known:
        return None
    pace = max(seconds / count for count, seconds in known)
    return timedelta(seconds=max(min(seconds for _, seconds in known), round(pace * pictures)))


def by_split(entries: Iterable[Entry]) -> dict[Split, list[Labelled]]:
    """Return the pictures of each side."""
    sides: dict[Split, list[Labelled]] = {split: [] for split in Split}
    for each in entries:
        sides[each.split].append(each.picture)
    return sides
