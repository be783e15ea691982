"""Run one tick of the day loop by hand: look at AWS, decide, act once."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from models_registry.services.tick import run_tick
from models_registry.wiring import connect, open_scheduler
from portal.base import clock
from portal.base.commands import PortalCommand, an_instant


class Command(PortalCommand):
    help = "Run one tick: look at AWS, decide for every deployment, issue what is due."
    prints = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--at", type=an_instant, metavar="INSTANT", help="decide as if it were this instant"
        )

    def run(self, *, at: datetime | None, **options: Any) -> None:
        report = run_tick(at=at or clock.now(), connect=connect, open_scheduler=open_scheduler)
        if options["format"] == "json":
            self.write_json({**asdict(report), "at": report.at.isoformat()})
            return
        self.stdout.write(
            f"{report.deployments} deployments, {report.replanned} replanned, {report.started} started, "
            f"{report.stopped} stopped, {report.refused} refused, {report.unanswered_projects} projects "
            f"without an answer, {report.milliseconds} ms"
        )
