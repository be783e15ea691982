"""`manage.py import_stores FILE`: a chain's stores from one CSV file, all of it or nothing."""

from __future__ import annotations

import dataclasses
import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations
from tqdm import tqdm

from portal.base.clock import now
from portal.base.errors import PortalError
from stores.services.stores_import import ImportReport, Rows, import_stores


class Command(BaseCommand):
    help = "Import stores and their opening hours from a CSV file (docs/hours.md). All of it or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check and compare, write nothing")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                report = import_stores(file=file, at=now(), dry_run=options["dry_run"], track=_watched)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except PortalError as error:
            raise CommandError(error.message) from error
        as_text = _json(report) if options["format"] == "json" else "\n".join(_lines(report))
        if report.is_refused:
            self.stderr.write(as_text, style_func=str)
            raise SystemExit(1)
        self.stdout.write(as_text)


def _watched(rows: Rows) -> Rows:
    watched: Rows = tqdm(rows, unit=" stores", file=sys.stderr, disable=None, leave=False)
    return watched


def _json(report: ImportReport) -> str:
    return json.dumps(dataclasses.asdict(report), ensure_ascii=False, indent=2)


def _lines(report: ImportReport) -> list[str]:
    if report.is_refused:
        return _problem_lines(report)
    lines = ["Dry run, nothing was written."] if report.is_dry_run else []
    lines.append(_summary(report))
    if report.without_hours:
        lines.append(f"Without hours, so their models never start: {', '.join(report.without_hours)}.")
    if report.new_areas:
        lines.append(f"New areas: {', '.join(report.new_areas)}.")
    if report.not_in_file:
        lines.append(f"Not in the file and left as they are: {report.not_in_file} store(s).")
    return lines + [f"Warning: {warning}" for warning in report.warnings]


def _problem_lines(report: ImportReport) -> list[str]:
    lines = [f"Refused, nothing was written: {report.problem_count} problem(s)."]
    for problem in report.problems:
        column = f", {problem.column}" if problem.column else ""
        lines.append(f"  line {problem.line}{column}: {problem.reason}")
    if report.problem_count > len(report.problems):
        lines.append(f"  and {report.problem_count - len(report.problems)} more.")
    return lines


def _summary(report: ImportReport) -> str:
    if not report.has_changes:
        return f"Nothing changed: all {report.unchanged} stores are as the file says."
    return f"{len(report.created)} created, {len(report.changed)} changed, {report.unchanged} unchanged."
