"""Post drawn trays to the API, as the demonstration's registers do all day."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import CommandParser
from django.db import close_old_connections

from portal.base import clock
from portal.base.commands import PortalCommand
from portal.base.errors import PortalError
from portal.home.demo.registers import open_registers


class NobodyServed(PortalError):
    """There is no store whose register could be simulated."""

    code = "nobody_served"


class Command(PortalCommand):
    help = "Simulate a register in every served store: drawn trays, posted to the API every few seconds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", default="http://127.0.0.1:8000", help="Where the portal is.")
        parser.add_argument("--every", type=float, default=5.0, help="Seconds between two photos (5).")
        parser.add_argument("--count", type=int, default=0, help="Stop after so many (0: never).")

    def run(self, **options: Any) -> None:
        at = clock.now()
        registers = open_registers(options["address"], at=at)
        if not registers.keys:
            raise NobodyServed("No store is served by a model yet. Point a deployment at some first.")
        number, first = 0, int(at.timestamp()) % 1_000_000
        while not options["count"] or number < options["count"]:
            posted = registers.post_one(first + number)
            number += 1
            if posted is not None:
                self.stdout.write(f"{posted.store} {posted.status} changed {posted.changed}")
                self.stdout.flush()
            close_old_connections()
            if number != options["count"]:
                time.sleep(options["every"])
