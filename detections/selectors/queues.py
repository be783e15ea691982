"""What waits for a person on the gallery's page: counted up to a hundred, never further."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, QuerySet

from detections.domain.second import Second
from detections.models import Detection, Review, ReviewAssignment
from detections.models.detection import UNREVIEWED
from portal.base.models import User
from stores.models import Store

MOST = 99


@dataclass(frozen=True, slots=True)
class Queues:
    """How many photos wait; MOST + 1 is “more than MOST”."""

    assigned: int
    second: int
    disagreed: int

    @property
    def has_any(self) -> bool:
        return bool(self.assigned or self.second or self.disagreed)


def queues_of(person: User, stores: QuerySet[Store]) -> Queues:
    """Return what waits for a person in stores that they may review; three queries of at most 100 rows."""
    near = Detection.objects.filter(store__in=stores) if stores.query.where else Detection.objects.all()
    mine = ReviewAssignment.objects.filter(reviewer=person).values("detection")
    own = Review.objects.filter(detection=OuterRef("pk"), number=OuterRef("review_number"), reviewer=person)
    waiting = near.filter(second=Second.WAITING).exclude(Exists(own))
    return Queues(
        assigned=_few(near.filter(UNREVIEWED, smallest_margin__isnull=False, pk__in=mine)),
        second=_few(waiting),
        disagreed=_few(near.filter(second=Second.DISAGREED)),
    )


def assignees(photos: list[int]) -> dict[int, str]:
    """Return who is asked to review each of some photos, where somebody is; one query."""
    rows = ReviewAssignment.objects.filter(detection__in=photos)
    return dict(rows.values_list("detection", F("reviewer__username")))


def _few(found: QuerySet[Detection]) -> int:
    return len(found.order_by().values_list("pk", flat=True)[: MOST + 1])
