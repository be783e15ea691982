"""Bring a backup back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandParser

from portal.base.commands import PortalCommand
from portal.home.backup.folder import KEY, bring_back, restore_key


class Command(PortalCommand):
    help = "Put a backup in the place of an empty database, or with --replace of one that holds data."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="what manage.py backup made")
        parser.add_argument("--replace", action="store_true", help="throw away what the database holds")

    def run(self, folder: Path, **options: Any) -> None:
        folder = folder.expanduser().absolute()
        manifest = bring_back(folder, replaces=options["replace"])
        is_key_used = restore_key(folder)
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write(f"Everything is as of {manifest.made_at}. Now start the portal.")
        if not is_key_used:
            kept = f" It is in {folder / KEY}." if (folder / KEY).exists() else ""
            self.stdout.write(f"Put the KAMADO_SECRET_KEY of that time back into the environment.{kept}")
