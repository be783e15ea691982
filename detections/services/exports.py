"""Files of the history, written a part at a time by whichever worker has time.

Whoever takes an export up raises its attempt, and every later word of that worker names the attempt: one
that was thought dead changes nothing. A part is stored under its attempt's own key before the row says
so; one that was stored without the row knowing is a stray, and goes when the file goes.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from detections.domain.exports import (
    KEPT,
    LEASE,
    MOST_OPEN,
    MOST_TRIES,
    OPEN,
    Format,
    Part,
    Shape,
    State,
    parts_of,
    stray_parts,
    text_of,
    with_part,
)
from detections.domain.ports import PictureStore, PictureStoreError
from detections.models import Export
from detections.selectors.export_rows import COLUMNS, export_rows
from detections.selectors.history import page_after
from detections.selectors.limits import TooSlow, time_limit
from detections.selectors.photos import HistoryFilter, photos
from portal.base.errors import InvalidInput
from portal.base.models import User
from stores.models import Store

logger = logging.getLogger(__name__)
PHOTOS_A_PART = 2_000
PART_MS = 60_000
"""A part that takes longer to find is given up, well before the lease is over."""
AGAIN_AFTER = timedelta(seconds=15)
AT_ONCE = 50

Question = Callable[[Export], tuple[QuerySet[Store], HistoryFilter]]


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What is to be written: `query` is a history's address, `estimate` a number of photos."""

    format: Format
    shape: Shape
    query: str
    estimate: int | None


@dataclass(frozen=True, slots=True)
class Writing:
    """The world as a worker meets it; `question` says what an export asks and what its author may see now."""

    pictures: PictureStore
    question: Question
    now: Callable[[], datetime]


def order_export(*, order: ExportOrder, author: User, at: datetime) -> Export:
    """Write down that a file is wanted. Raises InvalidInput while too many are being written."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=author.pk)
        if Export.objects.filter(author=author, state__in=sorted(OPEN)).count() >= MOST_OPEN:
            raise InvalidInput("Three files are being written already. Wait for one of them, or cancel one.")
        return Export.objects.create(
            author=author, format=order.format, shape=order.shape, query=order.query, created_at=at,
            estimate=order.estimate, file_key=f"exports/{uuid.uuid4().hex}",
        )  # fmt: skip


def cancel_export(*, export: Export, at: datetime) -> bool:
    """End an open export; tell whether it was open."""
    mine = Export.objects.filter(pk=export.pk, state__in=sorted(OPEN))
    return mine.update(state=State.CANCELLED, ended_at=at, expires_at=at + KEPT) == 1


def remove_export(*, export: Export, at: datetime) -> bool:
    """Let a file that has ended go at once; tell whether it had ended."""
    return Export.objects.filter(pk=export.pk).exclude(state__in=sorted(OPEN)).update(expires_at=at) == 1


def advance_exports(*, writing: Writing, is_time: Callable[[], bool]) -> Export | None:
    """Go on with the export that waited longest, while there is time; return it."""
    export = _claimed(writing.now())
    if export is None:
        return None
    try:
        _write(export, writing, is_time)
    except TooSlow as error:
        _give_up(export, error.message, writing.now())
    except PictureStoreError as error:
        logger.warning("export %s: %s", export.pk, error)
        _mine(export).update(leased_until=writing.now() + AGAIN_AFTER)
    return export


def expire_exports(*, pictures: PictureStore, at: datetime) -> int:
    """Delete files that were kept long enough, and their rows; return how many."""
    is_free = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
    gone = list(Export.objects.filter(is_free, expires_at__lte=at)[:AT_ONCE])
    for export in gone:
        pictures.delete(keys_of(export, stray_parts(export.parts)))
        export.delete()
    return len(gone)


def keys_of(export: Export, more: Sequence[Part] = ()) -> list[str]:
    """Return where the pieces of a file are kept, in their order."""
    return [part.key(export.file_key) for part in [*parts_of(export.parts), *more]]


def _claimed(at: datetime) -> Export | None:
    """Take up the export that was taken up least often; one that never gets on is given up."""
    is_free = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
    for export in Export.objects.filter(is_free, state__in=sorted(OPEN)).order_by(
        "attempt", "created_at", "id"
    ):
        if export.tries >= MOST_TRIES:
            _give_up(export, "The file could not be written, although it was tried again and again.", at)
            continue
        taken = _mine(export).update(
            state=State.RUNNING, attempt=F("attempt") + 1, tries=F("tries") + 1, leased_until=at + LEASE,
            started_at=export.started_at or at, parts=[*export.parts, [export.attempt + 1, 0]],
        )  # fmt: skip
        if taken:
            export.refresh_from_db()
            return export
    return None


def _mine(export: Export) -> QuerySet[Export]:
    """Return the row as long as it is open and nobody else has taken it up."""
    return Export.objects.filter(pk=export.pk, attempt=export.attempt, state__in=sorted(OPEN))


def _write(export: Export, writing: Writing, is_time: Callable[[], bool]) -> None:
    stores, chosen = writing.question(export)
    while _write_part(export, stores, chosen, writing):
        if not is_time():
            _mine(export).update(leased_until=None)
            return


def _write_part(export: Export, stores: QuerySet[Store], chosen: HistoryFilter, writing: Writing) -> bool:
    """Write the next photos; tell whether there are more and the export is still ours."""
    shape, written = Shape(export.shape), len(parts_of(export.parts))
    with time_limit(PART_MS):
        found = photos(stores, chosen)
        page, cursor = page_after(found, chosen.order, export.cursor, PHOTOS_A_PART)
        rows = export_rows(page, shape)
    content = text_of(Format(export.format), COLUMNS[shape], rows, is_first=not written)
    writing.pictures.save(Part(export.attempt, written + 1).key(export.file_key), content)
    at = writing.now()
    news: dict[str, Any] = {
        "parts": with_part(export.parts, export.attempt), "cursor": cursor, "tries": 0,
        "photos_written": export.photos_written + len(page), "rows_written": export.rows_written + len(rows),
        "bytes": export.bytes + len(content), "leased_until": at + LEASE if cursor else None,
    }  # fmt: skip
    if not cursor:
        news |= {"state": State.DONE, "ended_at": at, "expires_at": at + KEPT}
    if not _mine(export).update(**news):
        return False
    for name, value in news.items():
        setattr(export, name, value)
    return bool(cursor)


def _give_up(export: Export, message: str, at: datetime) -> None:
    _mine(export).update(
        state=State.FAILED, message=message, ended_at=at, expires_at=at + KEPT, leased_until=None
    )
