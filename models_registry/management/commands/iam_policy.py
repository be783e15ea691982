"""Print the IAM policies of least privilege that this portal needs, ready for the AWS CLI."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from models_registry.domain import iam
from models_registry.domain.permissions import Feature
from models_registry.models import Connection
from models_registry.selectors.access import connections_named
from models_registry.selectors.policies import Kind, Wanted, policies
from portal.base.commands import PortalCommand
from portal.base.errors import NotFound

HEADINGS = {
    Kind.PORTAL: "the portal's own identity",
    Kind.ACCOUNT: "the role that the portal assumes in the account of {name}",
    Kind.ACCOUNT_TRUST: "the trust of that role",
    Kind.SCHEDULER: "the role of the schedules of {name}",
    Kind.SCHEDULER_TRUST: "the trust of that role",
}


class Command(PortalCommand):
    help = "Print the IAM policies that the connections and features in use need. AWS is asked nothing."
    prints = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add = parser.add_argument
        names = [each.value for each in Feature]
        add("--connection", default="", metavar="NAME", help="default: every active one")
        add("--only", choices=[each.value for each in Kind], help="one document, as pure JSON")
        add("--account", default="", metavar="ID", help="where neither role nor project tells the account")
        add("--bucket", action="append", default=[], metavar="NAME", help="another bucket to be read")
        add("--principal", action="append", default=[], metavar="ARN", help="who assumes the account's role")
        add("--with", dest="added", action="append", default=[], choices=names, help="a feature not yet used")
        add("--without", dest="left_out", action="append", default=[], choices=names, help="leave it out")

    def run(self, *, connection: str, only: str | None, **options: Any) -> None:
        wanted = Wanted(
            only=Kind(only) if only else None,
            account=options["account"],
            buckets=tuple(options["bucket"]),
            principals=tuple(options["principal"]),
            added=frozenset(map(Feature, options["added"])),
            left_out=frozenset(map(Feature, options["left_out"])),
        )
        found = policies(chosen_connections(connection), wanted)
        if only:
            self.write_document(found[0].document)
        elif options["format"] == "json":
            self.write_json({each.key: each.document for each in found})
        else:
            for each in found:
                self.stdout.write(f"# {HEADINGS[each.kind].format(name=each.connection)}")
                self.write_document(each.document)

    def write_document(self, document: iam.Document) -> None:
        """Print one policy as IAM shows it; say on stderr when IAM would not take it."""
        self.stdout.write(iam.written(document))
        if iam.length(document) > iam.MOST_CHARACTERS:
            self.stderr.write(
                f"This policy has {iam.length(document)} characters; a managed policy may have "
                f"{iam.MOST_CHARACTERS}. Print it for each connection, or with --without."
            )


def chosen_connections(name: str) -> list[Connection]:
    """Return the connection named, or every active one."""
    found = connections_named(name)
    if not found:
        known = ", ".join(each.name for each in connections_named()) or "none yet"
        asked = f"There is no AWS connection “{name}”." if name else "There is no active AWS connection."
        raise NotFound(f"{asked} Known are: {known}. Add one under “AWS connections”.")
    return found
