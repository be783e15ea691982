"""How many trays stores had looked at. Photos live in an app above this one, which is named by a setting."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string


class CountTrays(Protocol):
    """Returns trays that were answered, by store; stores without any may be missing. One query."""

    def __call__(self, stores: Iterable[int], *, since: datetime, until: datetime) -> dict[int, int]: ...


def trays_of(stores: Iterable[int], *, since: datetime, until: datetime) -> dict[int, int]:
    """Return how many trays of each store were answered in the hours that touch a span; one query."""
    return cast(CountTrays, import_string(settings.TRAY_COUNTER))(stores, since=since, until=until)
