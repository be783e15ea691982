"""Pictures that were brought along: read for their hash, taken out and put back, looked through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q

from detections.domain.pictures import Picture, PictureRefused
from detections.domain.ports import PictureStoreError
from detections.models import BroughtPicture
from detections.services.sides import settle_sides
from models_registry.domain.objects import ObjectStoreError
from models_registry.models import Connection, Project

AGAIN = timedelta(hours=1)
AT_ONCE = 200


def look_at_brought(
    *,
    read: Callable[[Connection, str], bytes],
    check: Callable[[bytes], tuple[Picture, int]],
    is_time: Callable[[], bool],
    at: datetime,
) -> int:
    """Read pictures that lie in S3 for their hash, or for why they cannot be read; return how many.

    One that could not be read is tried again after an hour. Scenes decide anew about pictures without a side.
    """
    unread = Q(looked_at__isnull=True) | (~Q(problem="") & Q(looked_at__lte=at - AGAIN))
    rows = BroughtPicture.objects.filter(unread, taken_out_at__isnull=True)
    projects: dict[int, Project] = {}
    done = 0
    for row in rows.select_related("project__connection").order_by("pk")[:AT_ONCE]:
        if not is_time():
            break
        row.picture_hash, row.problem = _looked_at(row, read, check)
        row.looked_at = at
        row.save(update_fields=["picture_hash", "problem", "looked_at"])
        projects[row.project_id] = row.project
        done += 1
    for project in projects.values():
        settle_sides(project=project)
    return done


def _looked_at(
    row: BroughtPicture,
    read: Callable[[Connection, str], bytes],
    check: Callable[[bytes], tuple[Picture, int]],
) -> tuple[int | None, str]:
    """Return a picture's hash, or why there is none."""
    try:
        return check(read(row.project.connection, row.source))[1], ""
    except (ObjectStoreError, PictureStoreError, PictureRefused) as error:
        return None, error.message[:300]


def take_out(*, project: Project, keys: list[int], at: datetime) -> int:
    """Take pictures out of the next sets; return how many. They stay, so that it can be undone."""
    rows = BroughtPicture.objects.filter(project=project, pk__in=keys, taken_out_at__isnull=True)
    return _moved(project, rows.update(taken_out_at=at))


def put_back(*, project: Project, keys: list[int]) -> int:
    """Put pictures back into the next sets; return how many."""
    rows = BroughtPicture.objects.filter(project=project, pk__in=keys, taken_out_at__isnull=False)
    return _moved(project, rows.update(taken_out_at=None))


def undo_take_out(*, project: Project, at: datetime) -> int:
    """Put back what was taken out at one instant; return how many."""
    rows = BroughtPicture.objects.filter(project=project, taken_out_at=at)
    return _moved(project, rows.update(taken_out_at=None))


def _moved(project: Project, count: int) -> int:
    if count:
        settle_sides(project=project)
    return count


def mark_searched(*, project: Project, keys: list[int], at: datetime) -> int:
    """Write down that pictures were looked through for breads without a box; return how many."""
    return BroughtPicture.objects.filter(project=project, pk__in=keys).update(searched_at=at)
