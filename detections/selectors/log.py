"""Single rows of the log, always of one store."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from detections.models import Correction, Detection, Product
from stores.models import Store


def detection_of(store: Store, pk: int) -> Detection | None:
    """Return a store's detection with what its answer names; one query."""
    rows = Detection.objects.filter(store=store, pk=pk)
    return rows.select_related("threshold_set", "version", "deployment").first()


def newest_correction(detection: Detection) -> Correction | None:
    """Return what the register said last; one query."""
    return Correction.objects.filter(detection=detection).order_by("-id").first()


def products_by_label(store: Store) -> dict[str, Product]:
    """Return the price list of a store; one query."""
    return {each.label: each for each in _sold_in(store).order_by("label")}


def has_unlisted(store: Store, labels: Iterable[str]) -> bool:
    """Tell whether one of some breads is known, but not on a store's price list; one query at most."""
    named = set(labels)
    known = Product.objects.filter(label__in=named)
    return bool(named) and known.exclude(pk__in=_sold_in(store).values("pk")).exists()


def _sold_in(store: Store) -> QuerySet[Product]:
    """Return what is on sale in a store: what names it or its area, or no place at all."""
    in_stores = Product.stores.through.objects.filter(product=OuterRef("pk"))
    in_areas = Product.areas.through.objects.filter(product=OuterRef("pk"))
    here = Exists(in_stores.filter(store=store)) | Exists(in_areas.filter(area=store.area_id))
    return Product.objects.filter(here | (~Exists(in_stores) & ~Exists(in_areas)), is_on_sale=True)
