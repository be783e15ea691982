"""Print a deployment's schedules for AWS: as a table, a CloudFormation template, or lines for a shell."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import override

from models_registry.domain.schedule_files import shell, template
from models_registry.models import Deployment
from models_registry.selectors.aws_schedules import (
    DAYS_AHEAD,
    Asked,
    DeploymentSchedules,
    schedules_of,
)
from portal.base import clock
from portal.base.commands import PortalCommand
from portal.base.errors import InvalidInput, NotFound

FORMATS = ("table", "cloudformation", "cli")
MOST_DAYS = 366


class Command(PortalCommand):
    help = "Print start and stop schedules of a deployment for AWS, and what they cannot say."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("deployment", help="its name or number")
        parser.add_argument("--format", choices=FORMATS, default="table")
        parser.add_argument("--days", type=int, default=DAYS_AHEAD, help="how far special days are followed")
        parser.add_argument("--lead", type=int, metavar="MINUTES", help="default: the portal's own")
        parser.add_argument("--prefix", default="", help="how the names of the schedules begin")

    def run(self, *, deployment: str, format: str, days: int, lead: int | None, **options: Any) -> None:
        if not 1 <= days <= MOST_DAYS or not 0 <= (lead or 0) <= 720:
            raise InvalidInput(f"--days lies between 1 and {MOST_DAYS}, --lead between 0 and 720.")
        asked = Asked(days, lead, options["prefix"])
        found = schedules_of(_chosen(deployment), asked, at=clock.now())
        with override("en"):
            self.write(found, format)

    def write(self, found: DeploymentSchedules, format: str) -> None:
        if format == "table":
            self.write_table(found)
            return
        write = template if format == "cloudformation" else shell
        self.stdout.write(write(found.exported.schedules, found.place, found.notes()), ending="")

    def write_table(self, found: DeploymentSchedules) -> None:
        schedules = found.exported.schedules
        wide = max((len(each.name) for each in schedules), default=0)
        for each in schedules:
            dates = "".join(
                f"  {word} {date:%Y-%m-%d %H:%M}Z"
                for word, date in (("from", each.starts_at), ("until", each.ends_at))
                if date is not None
            )
            self.stdout.write(f"{each.name:{wide}}  {each.expression}  {each.timezone}{dates}")
        self.stdout.write("\nWhat they cannot say:")
        for note in found.notes():
            self.stdout.write(f"- {note}")


def _chosen(said: str) -> Deployment:
    rows = Deployment.objects.select_related("connection", "live_version__project")
    found = rows.filter(name=said).first()
    if found is None and said.isdecimal():
        found = rows.filter(pk=int(said)).first()
    if found is None:
        raise NotFound(f"There is no deployment “{said}”. Give its name or its number.")
    return found
