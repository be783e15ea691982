"""One act on many photos, and its undoing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from django.db import transaction

from detections.domain.many import refuse_too_many
from detections.domain.reviews import Conclusion
from detections.domain.second import after_review
from detections.models import Annotation, BulkAct, Detection, Review
from detections.services.assigning import unassign
from detections.services.labels import label_ids
from detections.services.reviews import accepted_on
from portal.base.models import User
from stores.domain.sentences import Refusal


class UndoneAlready(Refusal):
    """The act was undone before."""

    code = "undone_already"


def act_on_many(*, photos: Sequence[int], kind: BulkAct.Kind, by: User) -> BulkAct:
    """Do one thing to photos that the caller may review; those that cannot take it are left out."""
    refuse_too_many(photos)
    with transaction.atomic():
        rows = list(
            Detection.objects.select_for_update(of=("self",))
            .filter(pk__in=photos, outcome=Detection.Outcome.ANSWERED, pruned_at__isnull=True)
            .order_by("pk")
        )
        rows = [row for row in rows if _takes(row, kind)]
        before = [[row.pk, row.is_flagged, row.review_number] for row in rows]
        if kind in {BulkAct.Kind.FLAG, BulkAct.Kind.UNFLAG}:
            found = Detection.objects.filter(pk__in=[row.pk for row in rows])
            found.update(is_flagged=kind == BulkAct.Kind.FLAG)
        else:
            said = Conclusion.AI_RIGHT if kind == BulkAct.Kind.ACCEPT else Conclusion.CANNOT_TELL
            _review(rows, said, by)
        return BulkAct.objects.create(kind=kind, author=by, before=before)


def undo(*, act: BulkAct, by: User, at: datetime) -> int:
    """Bring back what an act changed, where nobody has changed it since; return how many photos that is."""
    with transaction.atomic():
        if not BulkAct.objects.filter(pk=act.pk, undone_at__isnull=True).update(undone_at=at):
            raise UndoneAlready("This was undone already.")
        if act.kind == BulkAct.Kind.ASSIGN:
            return unassign(act=act, by=by)
        were = {pk: (flagged, number) for pk, flagged, number in act.before}
        rows = list(Detection.objects.select_for_update(of=("self",)).filter(pk__in=were).order_by("pk"))
        if act.kind in {BulkAct.Kind.FLAG, BulkAct.Kind.UNFLAG}:
            same = [row.pk for row in rows if row.is_flagged == (act.kind == BulkAct.Kind.FLAG)]
            return Detection.objects.filter(pk__in=same).update(is_flagged=act.kind == BulkAct.Kind.UNFLAG)
        same_rows = [row for row in rows if row.review_number == were[row.pk][1] + 1]
        _review(same_rows, Conclusion.WITHDRAWN, by)
        return len(same_rows)


def _takes(row: Detection, kind: BulkAct.Kind) -> bool:
    """Only what the act changes; a photo with a verdict is not judged again unseen."""
    if kind == BulkAct.Kind.FLAG:
        return not row.is_flagged
    if kind == BulkAct.Kind.UNFLAG:
        return row.is_flagged
    return not row.verdict


def _review(rows: Sequence[Detection], said: Conclusion, by: User) -> None:
    reviews = Review.objects.bulk_create(
        Review(detection=row, number=row.review_number + 1, reviewer=by, conclusion=said.value, token=uuid4())
        for row in rows
    )
    if said is Conclusion.AI_RIGHT:
        boxes = [(made, marked) for made in reviews for marked in accepted_on(made.detection)]
        ids = label_ids(marked.label for _, marked in boxes)
        Annotation.objects.bulk_create(
            Annotation(
                review=made, label_id=ids[marked.label], left=marked.box.left, top=marked.box.top,
                width=marked.box.width, height=marked.box.height,
            )
            for made, marked in boxes
        )  # fmt: skip
    verdict = "" if said is Conclusion.WITHDRAWN else said.value
    for row in rows:
        row.review_number, row.verdict = row.review_number + 1, verdict
        row.second = after_review(row.pk, row.second, said, takes_back=False)
    Detection.objects.bulk_update(rows, ["review_number", "verdict", "second"], batch_size=500)
