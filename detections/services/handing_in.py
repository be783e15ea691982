"""Files of labelled pictures that wait for somebody's yes; those that nobody wants are let go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from detections.domain.ports import PictureStore
from detections.models import LabelledImport
from detections.services.labelled_import import Report
from models_registry.models import Project
from portal.base.models import User

KEPT = timedelta(days=1)
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Handed:
    """A file that was handed in: what it is called, where it is kept, and what its dry run said."""

    name: str
    source_key: str
    split: str
    report: Report


def hand_in(*, project: Project, author: User | None, handed: Handed, at: datetime) -> LabelledImport:
    """Write down a file and what its import would do."""
    return LabelledImport.objects.create(
        project=project, author=author, name=handed.name[-200:], source_key=handed.source_key,
        split=handed.split, report=handed.report.as_json(), created_at=at,
    )  # fmt: skip


def let_go(*, row: LabelledImport, pictures: PictureStore) -> None:
    """Forget a file, whether it was taken or not."""
    pictures.delete([row.source_key])
    LabelledImport.objects.filter(pk=row.pk).delete()


def let_old_go(*, pictures: PictureStore, at: datetime) -> int:
    """Forget files that nobody has said yes to for a day; return how many."""
    old = list(LabelledImport.objects.filter(created_at__lte=at - KEPT).order_by("pk")[:AT_ONCE])
    for row in old:
        let_go(row=row, pictures=pictures)
    return len(old)
