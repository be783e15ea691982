"""The SQLite file: opening, schema, transactions."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rekognition_local.errors import StartupError

FILE_NAME = "state.sqlite3"
SCHEMA_VERSION = 2

_FORMAT_1 = """
CREATE TABLE memory (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE projects (
    id INTEGER PRIMARY KEY, region TEXT NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL UNIQUE,
    feature TEXT NOT NULL, auto_update TEXT, status TEXT NOT NULL, created_ms INTEGER NOT NULL,
    next_status TEXT, next_at_ms INTEGER, UNIQUE (region, name));
CREATE TABLE versions (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects, region TEXT NOT NULL,
    name TEXT NOT NULL, arn TEXT NOT NULL UNIQUE, status TEXT NOT NULL, created_ms INTEGER NOT NULL,
    facts TEXT NOT NULL, next_status TEXT, next_at_ms INTEGER, training_end_ms INTEGER,
    min_units INTEGER, max_units INTEGER, starts INTEGER NOT NULL DEFAULT 0, UNIQUE (project_id, name));
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, version_arn TEXT NOT NULL, units INTEGER NOT NULL, requested_ms INTEGER NOT NULL,
    running_ms INTEGER, stop_requested_ms INTEGER, ended_ms INTEGER);
CREATE TABLE tags (
    resource_arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (resource_arn, key)) WITHOUT ROWID;
CREATE INDEX projects_newest ON projects (region, created_ms, id);
CREATE INDEX versions_newest ON versions (project_id, created_ms, id);
CREATE INDEX versions_by_status ON versions (region, status);
CREATE INDEX projects_due ON projects (next_at_ms) WHERE next_at_ms IS NOT NULL;
CREATE INDEX versions_due ON versions (next_at_ms) WHERE next_at_ms IS NOT NULL;
CREATE INDEX runs_by_version ON runs (version_arn, id);
CREATE INDEX runs_open ON runs (version_arn) WHERE stop_requested_ms IS NULL AND ended_ms IS NULL;
"""
# Eyes: datasets, work that goes on between two calls, trained models by the digest of what they learnt from.
_FORMAT_2 = """
ALTER TABLE versions ADD COLUMN model TEXT;
CREATE TABLE datasets (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects, region TEXT NOT NULL,
    type TEXT NOT NULL, arn TEXT NOT NULL UNIQUE, status TEXT NOT NULL, status_message TEXT NOT NULL,
    status_code TEXT NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
    next_status TEXT, next_at_ms INTEGER, UNIQUE (project_id, type));
CREATE TABLE entries (
    id INTEGER PRIMARY KEY, dataset_id INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
    source_ref TEXT, line TEXT NOT NULL, is_labeled INTEGER NOT NULL, has_errors INTEGER NOT NULL,
    UNIQUE (dataset_id, source_ref));
CREATE TABLE entry_labels (
    entry_id INTEGER NOT NULL REFERENCES entries ON DELETE CASCADE, label TEXT NOT NULL,
    boxes INTEGER NOT NULL, PRIMARY KEY (entry_id, label)) WITHOUT ROWID;
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, region TEXT NOT NULL, subject_arn TEXT NOT NULL,
    spec TEXT NOT NULL, due_ms INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0);
CREATE TABLE policies (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
    name TEXT NOT NULL, revision TEXT NOT NULL, document TEXT NOT NULL, created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL, UNIQUE (project_id, name));
CREATE INDEX datasets_due ON datasets (next_at_ms) WHERE next_at_ms IS NOT NULL;
CREATE INDEX entries_by_dataset ON entries (dataset_id, id);
"""
_STEPS = (_FORMAT_1, _FORMAT_2)


class Database:
    """One connection, used by one thread at a time: the service's lock sees to that."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA journal_mode = WAL")
        # FULL, because an acknowledged start costs money: NORMAL may lose the last commits when the power
        # goes.
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute("PRAGMA foreign_keys = ON")
        self._create_schema()

    def _create_schema(self) -> None:
        """Make the tables, or bring a file of an older format up to this one."""
        version = self.connection.execute("PRAGMA user_version").fetchone()[0]
        if version == SCHEMA_VERSION:
            return
        if version > SCHEMA_VERSION:
            raise StartupError(
                f"The state file is of format {version}, this program knows format {SCHEMA_VERSION}. "
                "Choose another --data-dir, or delete the state file to begin again."
            )
        self.connection.executescript(
            f"BEGIN IMMEDIATE; {''.join(_STEPS[version:])} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit on leaving, roll back on any exception.

        A transaction that wrote nothing costs no disk flush.
        """
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after some errors, a full disk among them.
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    @property
    def changes(self) -> int:
        """Rows written so far; compare two readings to learn whether anything was written between them."""
        return self.connection.total_changes

    def close(self) -> None:
        self.connection.close()


def cannot_use(path: Path, error: sqlite3.Error) -> StartupError:
    return StartupError(
        f"The state file {path} cannot be used: {error}. "
        "Free some disk space, check that the directory may be written to, or choose another --data-dir."
    )


@contextmanager
def read_only(directory: Path) -> Iterator[sqlite3.Connection]:
    """A look at the state beside a server that may be running."""
    path = directory / FILE_NAME
    if not path.is_file():
        raise StartupError(
            f"There is no state file {path}. Give the --data-dir that the server was started with."
        )
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        yield connection
    except sqlite3.DatabaseError as error:
        raise cannot_use(path, error) from error
    finally:
        connection.close()
