"""Labels by name, each looked up once a process."""

from __future__ import annotations

from collections.abc import Iterable

from detections.models import Label

_known: dict[str, int] = {}


def label_ids(names: Iterable[str]) -> dict[str, int]:
    """Return the key of each label's row, making rows that are missing. No query for labels known here.

    Rows of labels are never deleted, so what a process knows stays true; a rolled-back insert does not, so
    new labels are remembered only once they are read back in another call.
    """
    wanted = set(names)
    missing = wanted - _known.keys()
    if not missing:
        return {name: _known[name] for name in wanted}
    found = dict(Label.objects.filter(name__in=missing).values_list("name", "id"))
    _known.update(found)
    if new := missing - found.keys():
        Label.objects.bulk_create([Label(name=name) for name in sorted(new)], ignore_conflicts=True)
        found |= dict(Label.objects.filter(name__in=new).values_list("name", "id"))
    return {name: found.get(name) or _known[name] for name in wanted}


def forget_labels() -> None:
    """Forget what is known: for tests, whose database starts anew."""
    _known.clear()
