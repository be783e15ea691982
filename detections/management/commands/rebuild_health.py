"""Count the hours of the log again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from detections.selectors.health import first_photo_at
from detections.services.health import recount_span
from portal.base import clock
from portal.base.commands import PortalCommand, an_instant
from portal.base.errors import InvalidInput

INSTANT = "2026-11-23T06:00:00+09:00"


class Command(PortalCommand):
    help = "Count photos, errors and latencies of each store and hour again from the log."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--from", dest="since", type=an_instant, metavar=INSTANT, help="default: all")
        parser.add_argument("--to", dest="until", type=an_instant, metavar=INSTANT, help="default: now")

    def run(self, *, since: datetime | None, until: datetime | None, **options: Any) -> None:
        first, now = first_photo_at(), clock.now()
        if first is None:
            self.stdout.write("There are no photos yet, so there is nothing to count.")
            return
        since, until = max(since or first, first), min(until or now, now)
        if until < since:
            raise InvalidInput(
                f"There are no photos in this span; the first one came at {first:%Y-%m-%dT%H:%MZ}."
            )
        hours = changed = 0
        for day, done in recount_span(since=since, until=until):
            hours, changed = hours + done.hours, changed + done.changed
            if done.changed:
                self.stdout.write(f"{day:%Y-%m-%dT%H:%MZ} {done.changed} rows")
        self.stdout.write(f"{hours} hours counted, {changed} rows changed")
