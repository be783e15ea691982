"""Which labels of which stores drifted, from the counted days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Min

from alerts.domain.drift import BINS, LONGEST_WINDOW_DAYS, REFERENCE_DAYS, Drifted, drifted
from alerts.models import ScoreDay
from models_registry.models import Assignment


def drift_facts(*, at: datetime) -> dict[int, list[Drifted]]:
    """Return the drifted labels of each store, with the version that serves it now.

    Two queries; reads the counted days of four weeks after the first and of the last eight, a line a label.
    """
    rows = Assignment.objects.filter(deployment__live_version__isnull=False).order_by("id")
    live = dict(rows.values_list("store_id", "deployment__live_version_id"))
    found: dict[int, list[Drifted]] = defaultdict(list)
    for (store, label), days in _days_of(live, at.date()).items():
        first = min(days)
        edge = first + timedelta(days=REFERENCE_DAYS)
        reference = _sum(bins for on, bins in days.items() if on < edge)
        newest = [days[on] for on in sorted(days, reverse=True) if edge <= on < at.date()]
        if (drift := drifted(label, reference, newest)) is not None:
            found[store].append(drift)
    return dict(found)


def _days_of(live: dict[int, int], today: date) -> dict[tuple[int, str], dict[date, list[int]]]:
    """Return the counted days that matter by store and label: those of the reference, and the last ones."""
    firsts = ScoreDay.objects.filter(version_id__in=set(live.values())).order_by().values("version_id")
    first_of = dict(firsts.annotate(first=Min("on")).values_list("version_id", "first"))
    recent = today - timedelta(days=2 * LONGEST_WINDOW_DAYS)
    found: dict[tuple[int, str], dict[date, list[int]]] = defaultdict(dict)
    rows = ScoreDay.objects.filter(version_id__in=first_of).order_by("on", "id")
    fields = ("store_id", "version_id", "label__name", "on", "bins")
    for store, version, label, on, bins in rows.values_list(*fields).iterator(chunk_size=5_000):
        is_reference = on < first_of[version] + timedelta(days=2 * REFERENCE_DAYS)
        if live.get(store) == version and (is_reference or on >= recent):
            found[store, label][on] = bins
    return found


def _sum(days: Iterable[list[int]]) -> list[int]:
    total = [0] * BINS
    for bins in days:
        total = [a + b for a, b in zip(total, bins, strict=True)]
    return total
