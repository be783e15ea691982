"""What our commands share: clear errors instead of tracebacks, dates and instants as people type them."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.base.audit.acting import Actor, acting
from portal.base.errors import PortalError


class PortalCommand(BaseCommand):
    """A command whose anticipated failures end in one sentence and exit code 1.

    Subclasses write `run(**options)`. `prints` adds `--format`.
    """

    run: Callable[..., None]
    """Does the work of the command; receives its options by name."""
    prints = False
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        if self.prints:
            parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        name = type(self).__module__.rpartition(".")[2]
        try:
            with acting(lambda: Actor(f"command {name}")):
                self.run(**options)
        except PortalError as error:
            raise CommandError(error.message) from error
        except BrokenPipeError:
            raise SystemExit(0) from None

    def write_json(self, value: Any) -> None:
        """Print one JSON value on one line."""
        self.stdout.write(json.dumps(value, ensure_ascii=False))


def a_date(text: str) -> date:
    """Read YYYY-MM-DD from the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is not a date. Write it like 2026-11-23.") from error


def a_month(text: str) -> date:
    """Read YYYY-MM from the command line; return its first day."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is not a month. Write it like 2026-11.") from error


def an_instant(text: str) -> datetime:
    """Read an ISO-8601 instant with its offset from the command line."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(
            f"“{text}” is not an instant. Write it like 2026-11-23T06:30:00+09:00."
        ) from error
    if instant.tzinfo is None:
        raise ArgumentTypeError(f"“{text}” has no time zone. Add an offset, like {text}+09:00, or Z for UTC.")
    return instant
