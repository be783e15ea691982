"""Objects in memory, for service tests: same port, no files."""

from __future__ import annotations

from dataclasses import dataclass, field

from models_registry.domain.objects import ObjectMissing, ObjectStoreError, ObjectTooLarge, Place


@dataclass(slots=True)
class InMemoryBuckets:
    """Objects by place; `fail_next` makes the next readings raise."""

    objects: dict[Place, bytes] = field(default_factory=dict)
    fail_next: list[ObjectStoreError] = field(default_factory=list)
    reads: list[Place] = field(default_factory=list)

    def read(self, bucket: str, key: str, *, max_bytes: int) -> bytes:
        """Return an object that was put there."""
        place = Place(bucket, key)
        self.reads.append(place)
        if self.fail_next:
            raise self.fail_next.pop(0)
        content = self.objects.get(place)
        if content is None:
            raise ObjectMissing(f"There is no {place}.")
        if len(content) > max_bytes:
            raise ObjectTooLarge(f"{place} has more than {max_bytes} bytes.")
        return content

    def keys(self, bucket: str, prefix: str, *, most: int) -> list[str]:
        """Return keys of objects that were put there."""
        if not any(place.bucket == bucket for place in self.objects):
            raise ObjectMissing(f"There is no bucket {bucket}.")
        found = (place.key for place in self.objects if place.bucket == bucket)
        return sorted(key for key in found if key.startswith(prefix))[:most]
