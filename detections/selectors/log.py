"""Single rows of the log, always of one store."""

from __future__ import annotations

from detections.models import Correction, Detection, Product
from stores.models import Store


def detection_of(store: Store, pk: int) -> Detection | None:
    """Return a store's detection with what its answer names; one query."""
    rows = Detection.objects.filter(store=store, pk=pk)
    return rows.select_related("threshold_set", "version", "deployment").first()


def newest_correction(detection: Detection) -> Correction | None:
    """Return what the register said last; one query."""
    return Correction.objects.filter(detection=detection).order_by("-id").first()


def products_by_label() -> dict[str, Product]:
    """Return the franchise's products on sale; one query."""
    return {each.label: each for each in Product.objects.filter(is_on_sale=True).order_by("label")}
