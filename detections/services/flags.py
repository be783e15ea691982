"""Photos flagged for retraining: kept beyond their days, and gathered for the next training set."""

from __future__ import annotations

from detections.models import Detection


def flag(*, detection: Detection, is_flagged: bool) -> bool:
    """Flag or unflag a photo; tell whether that changed anything. Without its picture it stays as it is."""
    row = Detection.objects.filter(pk=detection.pk, pruned_at__isnull=True)
    return row.exclude(is_flagged=is_flagged).update(is_flagged=is_flagged) == 1
