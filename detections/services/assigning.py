"""Photos handed to a person for review, and taken back."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from detections.domain.many import refuse_too_many
from detections.models import BulkAct, Detection, ReviewAssignment
from detections.models.detection import UNREVIEWED
from portal.base.models import User


def assign(*, photos: Sequence[int], to: User | None, by: User) -> BulkAct:
    """Ask a person (None: nobody any more) to review photos; reviewed ones are left out.

    The caller has chosen photos that this person may review.
    """
    refuse_too_many(photos)
    with transaction.atomic():
        rows = Detection.objects.select_for_update(of=("self",)).filter(UNREVIEWED, pk__in=photos)
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        were = _reviewers(keys)
        target = to.pk if to else None
        moved = [pk for pk in keys if were.get(pk) != target]
        _put(dict.fromkeys(moved, target), by)
        before = [[pk, were.get(pk)] for pk in moved]
        return BulkAct.objects.create(kind=BulkAct.Kind.ASSIGN, author=by, assignee=to, before=before)


def unassign(*, act: BulkAct, by: User) -> int:
    """Bring back whom photos were assigned to before an act, where nobody has changed it since."""
    were = dict(act.before)
    now = _reviewers(list(were))
    same = {pk: was for pk, was in were.items() if now.get(pk) == act.assignee_id}
    _put(same, by)
    return len(same)


def _reviewers(photos: Sequence[int]) -> dict[int, int]:
    rows = ReviewAssignment.objects.filter(detection__in=photos)
    return dict(rows.values_list("detection_id", "reviewer_id"))


def _put(wanted: dict[int, int | None], by: User) -> None:
    ReviewAssignment.objects.filter(detection__in=wanted).delete()
    ReviewAssignment.objects.bulk_create(
        ReviewAssignment(detection_id=pk, reviewer_id=reviewer, author=by)
        for pk, reviewer in wanted.items()
        if reviewer is not None
    )
