"""Photos as the gallery shows them: with the boxes over the small picture, or as crops of doubtful boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from detections.domain.hashing import SAME_SCENE, grouped
from detections.domain.outcomes import SHOWN, Fate
from detections.models import DetectedLabel, Detection
from detections.selectors.history import page_after
from detections.selectors.photos import HistoryFilter, photos
from detections.selectors.queues import assignees
from stores.models import Store

PAGE = 60


@dataclass(frozen=True, slots=True)
class BoxOver:
    """A shown box: its place in percent of the picture, and its distance to the threshold."""

    pk: int
    label: str
    fate: str
    confidence: float
    margin: float
    left: float
    top: float
    width: float
    height: float


@dataclass(slots=True)
class Tile:
    """A photo, its boxes, and how many near-identical ones of the page stand behind it."""

    photo: Detection
    boxes: list[BoxOver] = field(default_factory=list)
    assignee: str = ""
    alike: int = 1
    place: int = 1

    @property
    def doubtful(self) -> list[BoxOver]:
        """Boxes that may be wrong: to be asked and near misses, else the one nearest to its threshold."""
        close = [box for box in self.boxes if box.fate != Fate.ACCEPTED]
        return close or sorted(self.boxes, key=lambda box: box.margin)[:1]


@dataclass(frozen=True, slots=True)
class GalleryPage:
    """Tiles in the order asked for, and the cursor of the next page."""

    tiles: list[Tile]
    after: str


def gallery_page(stores: QuerySet[Store], chosen: HistoryFilter, *, after: str) -> GalleryPage:
    """Return a page of photos with their boxes; at most five queries."""
    page, cursor = page_after(photos(stores, chosen), chosen.order, after, PAGE)
    return GalleryPage(_tiles(page), cursor)


def _tiles(page: Sequence[Detection]) -> list[Tile]:
    tiles = {photo.pk: Tile(photo) for photo in page}
    rows = DetectedLabel.objects.filter(detection__in=tiles, fate__in=sorted(SHOWN), left__isnull=False)
    names = ("detection_id", "pk", "label__name", "fate", "confidence", "threshold")
    for pk, box, label, fate, confidence, threshold, *sides in rows.order_by("id").values_list(
        *names, "left", "top", "width", "height"
    ):
        shares = [100 * side for side in sides]
        tiles[pk].boxes.append(BoxOver(box, label, fate, confidence, confidence - threshold, *shares))
    for pk, name in assignees(list(tiles)).items():
        tiles[pk].assignee = name
    _mark_alike(list(tiles.values()))
    return list(tiles.values())


def _mark_alike(tiles: list[Tile]) -> None:
    """Say of near-identical pictures with the same breads that they are so; none is left out."""
    keys = [
        (tile.photo.picture_hash, (tile.photo.store_id, *sorted(box.label for box in tile.boxes)))
        for tile in tiles
    ]
    for group in grouped(keys, most=SAME_SCENE):
        for place, index in enumerate(group, start=1):
            tiles[index].alike, tiles[index].place = len(group), place
