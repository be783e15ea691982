"""The test set that a training left in S3, read once a day: it never changes."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from django.core.cache import cache

from detections.domain.evaluation.snapshot import (
    MAX_BYTES,
    Snapshot,
    SnapshotUnreadable,
    packed,
    read_snapshot,
    unpacked,
)
from models_registry.domain.objects import ObjectStore, ObjectStoreError, place_of
from models_registry.models import ModelVersion

KEPT_SECONDS = 24 * 3600
ASKED_AGAIN_SECONDS = 60
"""A file that could not be read is left alone so long: S3 that does not answer would hold up every page."""
OpenObjects = Callable[[], ObjectStore]


def snapshot_of(version: ModelVersion, *, open_objects: OpenObjects) -> Snapshot | str:
    """Return a version's test set, or the code of what keeps it from being read (domain: WHAT_TO_DO)."""
    if not version.testing_snapshot_uri:
        return "snapshot_none"
    key = _key(version)
    known = cache.get(key)
    if known is not None:
        return known if isinstance(known, str) else unpacked(known)
    found = _read(version, open_objects())
    if isinstance(found, str):
        cache.set(key, found, ASKED_AGAIN_SECONDS)
        return found
    cache.set(key, packed(found), KEPT_SECONDS)
    cache.set(f"{key}:sources", [each.source for each in found.tested], KEPT_SECONDS)
    return found


def source_of(version: ModelVersion, number: int, *, open_objects: OpenObjects) -> str | None:
    """Return the s3:// address of one picture of the test set, or None."""
    sources: list[str] | None = cache.get(f"{_key(version)}:sources")
    if sources is None:
        found = snapshot_of(version, open_objects=open_objects)
        sources = [] if isinstance(found, str) else [each.source for each in found.tested]
    return sources[number] if number < len(sources) else None


def _key(version: ModelVersion) -> str:
    return f"snapshot:1:{sha256(version.testing_snapshot_uri.encode()).hexdigest()}"


def _read(version: ModelVersion, objects: ObjectStore) -> Snapshot | str:
    try:
        return read_snapshot(objects.read(*place_of(version.testing_snapshot_uri), max_bytes=MAX_BYTES))
    except (ObjectStoreError, SnapshotUnreadable) as error:
        return error.code
