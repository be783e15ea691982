"""`manage.py export_stores`: every store in the import format."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from stores.models import Store
from stores.selectors.export import as_csv, export_rows


class Command(BaseCommand):
    help = "Export all stores with their opening hours, in the form that import_stores takes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output", type=Path, help="a file; without it, standard output")
        parser.add_argument("--format", choices=("csv", "json"), default="csv")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = list(export_rows(Store.objects.all()))
        is_json = options["format"] == "json"
        text = json.dumps(rows, ensure_ascii=False, indent=2) + "\n" if is_json else as_csv(rows)
        if options["output"] is None:
            self.stdout.write(text, ending="")
            return
        try:
            options["output"].write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error.strerror}.") from error
