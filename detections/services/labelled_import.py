"""Labelled pictures from elsewhere become a project's: checked one by one, kept under their content's name.

Everything may be done twice: a picture's key follows from its content, so that a second import of the same
changes nothing, and one that was cut off goes on where it ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings

from detections.domain.pictures import Picture
from detections.domain.ports import PictureStore
from detections.domain.reviews import TEACHES
from detections.domain.training.layout import Offer
from detections.domain.training.pictures import Labelled, Split, UnreadableSet
from detections.models import BroughtPicture, Detection
from detections.selectors.brought import stored
from detections.services.sides import settle_sides
from models_registry.domain.objects import Place, place_of
from models_registry.models import Project
from stores.domain.sentences import Refusal
from stores.services.wording import in_words

CHUNK, WORKERS = 200, 4
MOST_PROBLEMS = 1_000
"""So many reasons are kept; the rest is counted."""
WRITTEN = (
    "split", "is_split_fixed", "width", "height", "marked", "origin", "picture_hash", "looked_at",
    "searched_at", "taken_out_at", "problem",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tools:
    """How files are read, and pictures checked and kept."""

    read: Callable[[str], bytes]
    check: Callable[[bytes], tuple[Picture, int]]
    pictures: PictureStore


@dataclass(frozen=True, slots=True)
class Wish:
    """What is imported: under which name, and on which side; without one, where the source puts it."""

    offers: Sequence[Offer]
    name: str
    split: Split | None = None
    is_auto: bool = False

    def side_of(self, offer: Offer) -> Split | None:
        """Return the side that is decided, or None where scenes decide."""
        return None if self.is_auto else self.split or offer.split


@dataclass(slots=True)
class Report:
    """What an import does or would do: pictures by what becomes of them, and what is refused and why.

    `reviewed` are photos that were reviewed here already: their own review counts, so they are left out.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    reviewed: int = 0
    refused: int = 0
    boxes: int = 0
    bare: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    sides: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def has_changes(self) -> bool:
        """Tell whether anything is to be written."""
        return bool(self.new or self.changed)

    def as_json(self) -> dict[str, Any]:
        """Return it as a row keeps it."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        return {**said, "labels": dict(self.labels), "sides": dict(self.sides)}


@dataclass(frozen=True, slots=True)
class _Ready:
    """A picture that can be taken; `content` is None for one that lies in S3 already."""

    offer: Offer
    picture: Labelled
    digests: tuple[str, ...] = ()
    content: bytes | None = None
    hash: int | None = None


def import_labelled(
    *, project: Project, wish: Wish, tools: Tools, at: datetime | None, watch: Callable[[int], object]
) -> Report:
    """Take what is offered and tell what became of it; without `at` nothing is written.

    `watch` is told how many more pictures are done.
    """
    report, seen = Report(), dict[str, str]()
    reviewed = _reviewed(project)
    with ThreadPoolExecutor(WORKERS) as pool:
        for start in range(0, len(wish.offers), CHUNK):
            some = wish.offers[start : start + CHUNK]
            made = list(pool.map(lambda offer: _ready(project, tools, offer), some))
            taken = list(_taken(made, report, seen, reviewed))
            rows = _compared(project, taken, wish, report)
            if at is not None:
                _write(rows, tools, pool, at)
            watch(len(some))
    if at is not None and report.has_changes:
        settle_sides(project=project)
    return report


def _ready(project: Project, tools: Tools, offer: Offer) -> _Ready | tuple[Offer, Refusal]:
    """Read and check one picture; asks no database, so that several are read side by side."""
    if isinstance(offer.said, Refusal):
        return offer, offer.said
    if not offer.file:
        return _Ready(offer, offer.said)
    try:
        content = tools.read(offer.file)
        picture, value = tools.check(content)
        _check_shape(offer.said, picture)
    except Refusal as refused:
        return offer, refused
    digest = sha256(picture.content).hexdigest()
    key = f"training/{project.pk}/{digest}.{picture.suffix}"
    source = str(Place(settings.PICTURES_BUCKET_NAME, key))
    labelled = Labelled(source, picture.width, picture.height, offer.said.marked)
    digests = (digest, sha256(content).hexdigest())
    return _Ready(offer, labelled, digests, picture.content, value)


def _check_shape(said: Labelled, picture: Picture) -> None:
    """Boxes were drawn on a picture of this shape, or on one that lay on its side."""
    wide, high, width, height = said.width, said.height, picture.width, picture.height
    if wide and abs(wide * height - high * width) > max(wide, high, width, height):
        raise UnreadableSet(
            "The boxes are for %(wide)s × %(high)s pixels, but the picture is seen as %(width)s × "
            "%(height)s. Turn it upright and export it again.",
            wide=wide, high=high, width=width, height=height,
        )  # fmt: skip


def _reviewed(project: Project) -> set[str]:
    rows = Detection.objects.filter(
        version__project=project, verdict__in=sorted(TEACHES), pruned_at__isnull=True
    )
    return set(rows.exclude(picture_key="").values_list("picture_sha256", flat=True))


def _taken(
    made: Sequence[_Ready | tuple[Offer, Refusal]], report: Report, seen: dict[str, str], reviewed: set[str]
) -> Iterator[_Ready]:
    """Yield what is taken, each picture once; the rest is told in the report."""
    for each in made:
        if not isinstance(each, _Ready):
            _refuse(report, each[0].where, each[1])
        elif each.picture.source in seen:
            twice = UnreadableSet("It is the same picture as %(other)s.", other=seen[each.picture.source])
            _refuse(report, each.offer.where, twice)
        elif reviewed.intersection(each.digests):
            report.reviewed += 1
        else:
            seen[each.picture.source] = each.offer.where
            yield each


def _refuse(report: Report, where: str, refusal: Refusal) -> None:
    report.refused += 1
    if len(report.problems) < MOST_PROBLEMS:
        report.problems.append((where[-300:], in_words(refusal)))


def _compared(
    project: Project, taken: Sequence[_Ready], wish: Wish, report: Report
) -> list[tuple[_Ready, BroughtPicture]]:
    """Count what is new, changed and the same; return what is to be written. One query."""
    sources = [each.picture.source for each in taken]
    known = {row.source: row for row in BroughtPicture.objects.filter(project=project, source__in=sources)}
    found = []
    for each in taken:
        side, marked = wish.side_of(each.offer), stored(each.picture.marked)
        report.boxes += len(marked)
        report.bare += not marked
        report.labels.update(box[0] for box in marked)
        report.sides[side or ""] += 1
        row = known.get(each.picture.source)
        is_there = row is not None and row.taken_out_at is None and not row.problem
        if row is not None and is_there and _is_same(row, each.picture, marked, side):
            report.same += 1
            continue
        is_new = row is None or row.taken_out_at is not None
        report.new, report.changed = report.new + is_new, report.changed + (not is_new)
        row = row or BroughtPicture(project=project, source=each.picture.source, split=Split.TRAIN)
        row.split, row.is_split_fixed = side or row.split, side is not None
        row.width, row.height, row.marked = each.picture.width, each.picture.height, marked
        row.origin = f"{wish.name}: {each.offer.where}"[:300]
        found.append((each, row))
    return found


def _is_same(row: BroughtPicture, picture: Labelled, marked: list[list[Any]], side: Split | None) -> bool:
    is_at_side = side is None or (row.is_split_fixed and row.split == side)
    return is_at_side and (row.width, row.height, row.marked) == (picture.width, picture.height, marked)


def _write(
    found: Sequence[tuple[_Ready, BroughtPicture]], tools: Tools, pool: ThreadPoolExecutor, at: datetime
) -> None:
    """Keep the pictures, then their rows: a row never promises a picture that is not there."""
    kept = [
        each for each, row in found if each.content is not None and (row.looked_at is None or row.problem)
    ]
    list(
        pool.map(
            lambda each: tools.pictures.save(place_of(each.picture.source).key, each.content or b""), kept
        )
    )
    for each, row in found:
        row.searched_at, row.taken_out_at = at, None
        if each.content is not None:
            row.picture_hash, row.looked_at, row.problem = each.hash, at, ""
    BroughtPicture.objects.bulk_create(
        [row for _, row in found], update_conflicts=True, unique_fields=["project", "source"],
        update_fields=list(WRITTEN),
    )  # fmt: skip
