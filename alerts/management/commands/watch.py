"""Watch the tick from outside the worker."""

from __future__ import annotations

import signal
import threading
import time
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.db import Error, connection

from alerts.services.delivering import deliver
from alerts.services.telling import write_messages
from alerts.services.watching import watch_tick
from alerts.wiring import CARRIER
from portal.base import clock
from portal.base.commands import PortalCommand

LOOK_SECONDS = 10.0
SENDING_SECONDS = 30.0


class Command(PortalCommand):
    help = "Ring when the tick is older than three periods, and send that oneself: the worker may be dead."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Look once and end (for cron).")

    def run(self, **options: Any) -> None:
        stopped = threading.Event()
        if options["once"]:
            self._look(always_judge=True)
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        self.since = clock.now()
        while not stopped.wait(LOOK_SECONDS):
            try:
                self._look(always_judge=False)
            except Error as error:
                self.stderr.write(f"The database does not answer: {error}")
                connection.close()

    def _look(self, *, always_judge: bool) -> None:
        """Judge the tick; where it is late, nobody else may be left to tell people."""
        at = clock.now()
        since = at - timedelta(days=1) if always_judge else self.since
        if watch_tick(at=at, watching_since=since):
            until = time.monotonic() + SENDING_SECONDS
            write_messages(at=at)
            deliver(carrier=CARRIER, now=clock.now, is_time=lambda: time.monotonic() < until)
