"""Explain why a store's model ran, or did not, at any instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from models_registry.management.commands.plan import chosen_stores
from models_registry.selectors.why import explain
from portal.base import clock
from portal.base.commands import PortalCommand, an_instant


class Command(PortalCommand):
    help = "Explain the state of a store's model at an instant: the rule, the decision, what AWS answered."
    prints = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--store", required=True, metavar="CODE")
        parser.add_argument("--at", type=an_instant, metavar="INSTANT", help="default: now")

    def run(self, *, store: str, at: datetime | None, **options: Any) -> None:
        explanation = explain(chosen_stores([store])[0], at=at or clock.now())
        if options["format"] == "json":
            self.write_json(explanation.to_dict())
            return
        for line in explanation.sentences():
            self.stdout.write(line)
