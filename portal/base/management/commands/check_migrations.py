"""Tell whether the pending migrations leave the running release working."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from portal.base.commands import PortalCommand
from portal.base.errors import PortalError
from portal.base.rolling import breaks


class NotRolling(PortalError):
    """The release before this one would fail on the migrated database."""

    code = "not_rolling"


class Command(PortalCommand):
    help = "Check that the pending migrations can be applied while the release before this one runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tell", action="store_true", help="Tell, and succeed all the same.")

    def run(self, **options: Any) -> None:
        executor = MigrationExecutor(connection)
        pending = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
        found = list(breaks(pending))
        for each in found:
            self.stderr.write(f"{each.migration}: {each.operation}: {each.why}")
        if found and not options["tell"]:
            raise NotRolling(
                "These migrations break the release that runs now. Take the portal down for this upgrade "
                "(systemctl stop kamado.target 'kamado-*.service', migrate, start), as its changelog says."
            )
        self.stdout.write(f"{len(pending)} pending migrations; the running release can live with them.")
