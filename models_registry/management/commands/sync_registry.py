"""Mirror projects and model versions from AWS now, and alarm models that nobody owns."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from models_registry.services.sync import sweep
from models_registry.wiring import connect, open_buckets, open_scheduler
from portal.base import clock
from portal.base.commands import PortalCommand


class Command(PortalCommand):
    help = "Mirror the projects and model versions of every active AWS connection."
    prints = True

    def run(self, **options: Any) -> None:
        reports = sweep(
            at=clock.now(), connect=connect, open_buckets=open_buckets, open_scheduler=open_scheduler
        )
        if options["format"] == "json":
            self.write_json([asdict(report) for report in reports])
            return
        if not reports:
            self.stdout.write("There is no active AWS connection yet. Add one under “AWS connections”.")
        for report in reports:
            outcome = report.error_message or (
                f"{report.projects} projects, {report.versions} versions, {report.new_versions} of them new; "
                f"{report.evaluations} evaluations read"
            )
            if report.denied:
                outcome += f"; denied: {', '.join(report.denied)} (see manage.py iam_policy)"
            self.stdout.write(f"{report.connection}: {outcome}")
