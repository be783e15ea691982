"""What `manage.py` brings up before a command and takes down after it."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType

from django.core.exceptions import ImproperlyConfigured

from portal.embedded import rekognition
from portal.embedded.folder import PROJECT, StateFolder
from portal.embedded.postgres import Postgres
from portal.embedded.problems import CannotStart, explained
from portal.embedded.redis import Redis
from portal.embedded.sharing import in_use

# Django's commands that read and write nothing but files.
NEED_NOTHING = {"help", "version", "makemessages", "findstatic", "collectstatic", "diffsettings"}
# Brings up and watches its services by itself.
SUPERVISOR = "up"
NEED_REKOGNITION = {"tick", "sync_registry", "demo"}
# They look at the tables as they are, or replace them.
LEAVE_TABLES = {"backup", "restore", "check_migrations"}


@contextmanager
def services_for(argv: Sequence[str]) -> Iterator[None]:
    """Have what the command in `argv` needs up while the block runs. A bad setting is one sentence."""
    folder = StateFolder.from_environment()
    try:
        with ExitStack() as services:
            bring_up(command_in(argv), folder, services)
            yield
    except (CannotStart, ImproperlyConfigured) as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)


def command_in(argv: Sequence[str]) -> str:
    """Return the command that will run, or `help` where Django only prints a text."""
    if len(argv) < 2 or argv[1].startswith("-") or {"-h", "--help", "--version"} & set(argv[1:]):
        return "help"
    return argv[1]


def bring_up(command: str, folder: StateFolder, services: ExitStack) -> None:
    if command in NEED_NOTHING or command == SUPERVISOR:
        return
    try:
        folder.make()
        folder.keep_secret_key()
        if not is_named("REDIS_URL"):
            os.environ["REDIS_URL"] = Redis(folder).url
        if command in NEED_REKOGNITION and rekognition.is_wanted():
            service = rekognition.Rekognition(folder)
            services.enter_context(in_use(service, folder))
            os.environ.update(rekognition.environment_for(service))
        # Last: migrating reads Django's settings, which take everything above from the environment.
        if not is_named("DATABASE_URL"):
            bring_up_database(command, folder, services)
    except OSError as error:
        raise explained(error, folder.path) or error from error


def bring_up_database(command: str, folder: StateFolder, services: ExitStack) -> None:
    """Start or join the embedded PostgreSQL. A database that the environment names its owner migrates."""
    end_on_sigterm()
    postgres = Postgres(folder)
    services.enter_context(in_use(postgres, folder))
    os.environ["DATABASE_URL"] = postgres.url
    if is_ours(command):
        from portal.embedded.schema import apply_pending_migrations

        apply_pending_migrations()


def is_ours(command: str) -> bool:
    """Tell the product's own commands, which work at once on a new database, from Django's, which do not."""
    if not command.isidentifier() or command in LEAVE_TABLES:
        return False
    return any(
        path for depth in ("*", "*/*") for path in PROJECT.glob(f"{depth}/management/commands/{command}.py")
    )


def is_named(variable: str) -> bool:
    return bool(os.environ.get(variable, "").strip())


def end_on_sigterm() -> None:
    """Turn SIGTERM into an exit that leaves blocks properly, so that no service is left behind."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, leave)
