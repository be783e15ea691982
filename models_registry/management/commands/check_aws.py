"""Try every permission that the connections need, harmlessly, and say what works and what mends the rest."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from models_registry.domain.access import BAD, Finding
from models_registry.management.commands.iam_policy import chosen_connections
from models_registry.models import Connection
from models_registry.services.access_check import check_connection
from models_registry.wiring import are_roles_assumed, open_means
from portal.base import clock
from portal.base.commands import PortalCommand

LOCAL = (
    "This portal speaks to {url}, which stands for Amazon Rekognition and checks no permissions: there is "
    "nothing to check. Set KAMADO_REKOGNITION=aws first."
)


class Command(PortalCommand):
    help = (
        "Try each permission without effect; read quotas, clock and trust. Exit code 1 when one is missing."
    )
    prints = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--connection", default="", metavar="NAME", help="default: every active one")
        parser.add_argument("--paid", action="store_true", help="ask Cost Explorer too, for 0.01 USD")
        parser.add_argument("--json", action="store_const", const="json", dest="format")

    def run(self, *, connection: str, paid: bool, **options: Any) -> None:
        rows = chosen_connections(connection)
        if not are_roles_assumed():
            self.stdout.write(LOCAL.format(url=settings.AWS_ENDPOINT_URL_REKOGNITION))
            return
        checked = [(row, check_connection(row, open_means(row, now=clock.now, is_paid=paid))) for row in rows]
        if options["format"] == "json":
            self.write_json({row.name: [each.to_dict() for each in found] for row, found in checked})
        else:
            for row, found in checked:
                self.write_table(row, found)
        if any(each.outcome in BAD for _row, found in checked for each in found):
            raise SystemExit(1)

    def write_table(self, connection: Connection, found: list[Finding]) -> None:
        """Print a line for each finding, and under it what it was tried on and what mends it."""
        self.stdout.write(f"{connection.name} ({connection.region})")
        for each in found:
            self.stdout.write(f"  {each.outcome:9}  {each.subject:36} {each.sentence}".rstrip())
            if each.outcome in BAD and each.on:
                self.stdout.write(f"  {'':9}  on    {each.on}")
            if each.mend:
                self.stdout.write(f"  {'':9}  mend  {each.mend}")
        bad = sum(each.outcome in BAD for each in found)
        self.stdout.write(f"  {len(found)} checked, {bad} missing or unclear")
