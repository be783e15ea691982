"""The files that somebody asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from detections.domain.exports import MOST_KEPT, OPEN, Progress, State, progress_of
from detections.models import Export
from portal.base.models import User


@dataclass(frozen=True, slots=True)
class ExportLine:
    """One file and how far it is."""

    export: Export
    progress: Progress

    @property
    def is_open(self) -> bool:
        """Tell whether somebody has to go on with it."""
        return self.export.state in OPEN

    @property
    def is_done(self) -> bool:
        """Tell whether it can be fetched."""
        return self.export.state == State.DONE


def exports_of(author: User, *, at: datetime) -> list[ExportLine]:
    """Return a person's files, newest first. One query."""
    rows = _kept(author, at).order_by("-created_at", "-id")[:MOST_KEPT]
    return [ExportLine(row, _progress(row, at)) for row in rows]


def export_of(author: User, pk: int, *, at: datetime) -> Export | None:
    """Return one of a person's files, or None; one query."""
    return _kept(author, at).filter(pk=pk).first()


def _kept(author: User, at: datetime) -> QuerySet[Export]:
    return Export.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at), author=author)


def _progress(row: Export, at: datetime) -> Progress:
    return progress_of(row.photos_written, row.estimate, row.started_at, at=at)
