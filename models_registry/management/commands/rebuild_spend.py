"""Compute spend per store and day again from the run ledger."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import CommandParser

from models_registry.services.spend import rebuild_spend
from portal.base import clock
from portal.base.commands import PortalCommand, a_date
from portal.base.errors import InvalidInput


class Command(PortalCommand):
    help = "Compute the spend of local days again from the runs; nothing else is read, nothing else changed."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--from", dest="first_on", type=a_date, required=True, metavar="YYYY-MM-DD")
        parser.add_argument("--to", dest="last_on", type=a_date, metavar="YYYY-MM-DD", help="default: today")

    def run(self, *, first_on: date, last_on: date | None, **options: Any) -> None:
        at = clock.now()
        last_on = last_on or at.date()
        if last_on < first_on:
            raise InvalidInput(f"--to {last_on} lies before --from {first_on}.")
        rows = rebuild_spend(first_on=first_on, last_on=last_on, at=at)
        self.stdout.write(f"{rows} rows of spend, {first_on} to {last_on}")
