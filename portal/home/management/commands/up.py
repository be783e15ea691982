"""Run the whole product on this machine."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from portal.embedded.folder import StateFolder
from portal.embedded.up import Plan, run


class Command(BaseCommand):
    help = "Run the whole product on this machine until Ctrl-C: services, web, worker and clock."
    # The database is not up yet when this process starts.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="with demo stores and quick models")
        parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: %(default)s)")
        parser.add_argument("--port", type=port_number, default=8000, help="default: %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = StateFolder.from_environment()
        plan = Plan(folder, options["host"], options["port"], has_demo=options["demo"])
        run(plan, self.say)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def port_number(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise ValueError("a port lies between 1 and 65535")
    return port
