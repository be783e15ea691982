"""PostgreSQL's own programs on the portal's database: dump it, and put a dump in its place."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO, Any, cast

from django.db import connection
from psycopg.conninfo import make_conninfo

from portal.base.errors import PortalError
from portal.embedded.postgres import binary
from portal.embedded.problems import CannotStart

CHUNK = 1024 * 1024
PSQL = ("--no-psqlrc", "--quiet", "--single-transaction", "--output", os.devnull, "--set", "ON_ERROR_STOP=1")
# A line of pg_restore 17 and newer that servers before 17 do not know; nothing hangs on it.
UNKNOWN_BEFORE_17 = re.compile(rb"^SET transaction_timeout = 0;\n", re.MULTILINE)
# What is there goes in the very transaction in which the backup comes.
EMPTY = b"""
SET LOCAL client_min_messages = warning;
DO $$ DECLARE each record; BEGIN
  FOR each IN SELECT c.oid::regclass AS name FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') LOOP
    EXECUTE format('DROP TABLE IF EXISTS %s CASCADE', each.name);
  END LOOP;
  FOR each IN SELECT p.oid::regprocedure AS name FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'kamado%' LOOP
    EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', each.name);
  END LOOP;
END $$;
"""


class BackupProblem(PortalError):
    """A backup that cannot be made or brought back; the message says what to do."""

    code = "backup_problem"


def dump(to: Path) -> None:
    """Write the whole database, as of one instant, into one compressed file."""
    command = [str(programs() / "pg_dump"), "--format=custom", "--no-owner", "--no-privileges"]
    done = subprocess.run(
        [*command, "--file", str(to), "--dbname", conninfo()],
        env=environment(),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise BackupProblem(f"pg_dump gave up: {_last(done.stderr)}")


def restore(dump_file: Path) -> None:
    """Replace everything in the database by the dump, in one transaction: all of it, or nothing has changed.

    pg_dump's own order makes it silent: rows first, then constraints and triggers, so the audit trail neither
    refuses nor records it, and sequences go on where they were.
    """
    folder = programs()
    connection.close()
    reading = subprocess.Popen(
        [folder / "pg_restore", "--no-owner", "--no-privileges", "--file", "-", dump_file],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    writing = subprocess.Popen(
        [folder / "psql", *PSQL, "--dbname", conninfo()],
        env=environment(),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    broke = _pump(cast(IO[bytes], reading.stdout), cast(IO[bytes], writing.stdin))
    complaint = _ends(reading)
    if complaint and not broke:
        # Before its input ends: what it has done so far is rolled back.
        writing.kill()
    if refused := _ends(writing):
        raise BackupProblem(f"Nothing was changed. {_last(complaint or refused)}")


def _pump(source: IO[bytes], sink: IO[bytes]) -> bool:
    """Pass everything on, after what empties the database; tell whether the other side hung up.

    The first piece holds the settings, among them the one that older servers do not know. The sink stays
    open: what it was told counts once it is closed.
    """
    try:
        sink.write(EMPTY)
        sink.write(UNKNOWN_BEFORE_17.sub(b"", source.read(CHUNK)))
        shutil.copyfileobj(source, sink, CHUNK)
        sink.flush()
    except BrokenPipeError:
        source.close()
        return True
    return False


def _ends(process: subprocess.Popen[bytes]) -> str:
    """Wait for the end and return what it complained of, empty when all went well."""
    try:
        _, said = process.communicate()
    except BrokenPipeError:
        said = process.stderr.read() if process.stderr else b""
        process.wait()
    return said.decode(errors="replace") or f"It ended by {process.returncode}." if process.returncode else ""


def server_version() -> int:
    """Return the server's major version."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def database_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def programs() -> Path:
    """Find a folder with pg_dump, pg_restore and psql that know this server: the wheel's, or one on PATH."""
    needed = server_version()
    for folder in _folders():
        if _major(folder / "pg_dump") >= needed and all(
            (folder / each).exists() for each in ("pg_restore", "psql")
        ):
            return folder
    raise BackupProblem(
        f"The server is PostgreSQL {needed}, and there is no pg_dump of that version or a newer one on PATH. "
        f"Install it (on Debian: apt-get install postgresql-client-{needed}) and try again."
    )


def _folders() -> list[Path]:
    try:
        own = [binary("pg_dump").parent]
    except CannotStart:
        own = []
    on_path = shutil.which("pg_dump")
    return own + ([Path(on_path).parent] if on_path else [])


@cache
def _major(program: Path) -> int:
    """Return the major version of a program, 0 where it does not run."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    except OSError:
        return 0
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


def conninfo() -> str:
    """Return where the database is, without the password: everybody can read the list of processes."""
    facts: dict[str, Any] = connection.settings_dict
    parts = {"host": facts["HOST"], "port": facts["PORT"], "user": facts["USER"], "dbname": facts["NAME"]}
    options = {key: value for key, value in facts["OPTIONS"].items() if isinstance(value, str)}
    return make_conninfo(**{key: value for key, value in parts.items() if value}, **options)


def environment() -> Mapping[str, str]:
    password = connection.settings_dict["PASSWORD"]
    return {**os.environ, **({"PGPASSWORD": password} if password else {})}


def _last(said: str) -> str:
    """Return the first complaint: what follows are its consequences."""
    lines = [line.strip() for line in said.strip().splitlines() if line.strip()]
    return next((line for line in lines if "ERROR" in line or "error" in line), lines[-1] if lines else "")
