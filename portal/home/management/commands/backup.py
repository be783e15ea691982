"""Back the portal up while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from portal.base import clock
from portal.base.commands import PortalCommand
from portal.home.backup.folder import KEY, back_up


class Command(PortalCommand):
    help = "Write database, pictures and the kept secret key into a new folder, while the portal runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder that is not there yet")

    def run(self, folder: Path, **options: Any) -> None:
        folder = folder.expanduser().absolute()
        made = back_up(folder, at=clock.now())
        pictures = "pictures stay in their bucket" if made.pictures is None else f"{made.pictures} pictures"
        self.stdout.write(f"{folder}: the database as of {made.made_at}, {pictures}.")
        if not (folder / KEY).exists():
            self.stdout.write(
                "KAMADO_SECRET_KEY is not in it, being set from outside: keep a copy elsewhere."
            )
