"""All repositories over one database."""

from pathlib import Path

from rekognition_local.clock import Clock, wall_ms
from rekognition_local.settings import Settings
from rekognition_local.statuses import GONE
from rekognition_local.storage.database import FILE_NAME, Database
from rekognition_local.storage.datasets import Datasets
from rekognition_local.storage.entries import Entries
from rekognition_local.storage.jobs import Jobs
from rekognition_local.storage.memory import Memory
from rekognition_local.storage.policies import Policies
from rekognition_local.storage.projects import Projects
from rekognition_local.storage.runs import Runs
from rekognition_local.storage.tags import Tags
from rekognition_local.storage.versions import Versions

_IS_ANY_DUE = (
    "SELECT 1 FROM versions WHERE next_at_ms <= :at UNION ALL "
    "SELECT 1 FROM datasets WHERE next_at_ms <= :at UNION ALL "
    "SELECT 1 FROM projects WHERE next_at_ms <= :at LIMIT 1"
)
_SETTLE = (
    "DELETE FROM tags WHERE resource_arn IN"
    " (SELECT arn FROM versions WHERE next_at_ms <= :at AND next_status = :gone)",
    "DELETE FROM versions WHERE next_at_ms <= :at AND next_status = :gone",
    "UPDATE versions SET status = next_status, next_status = NULL, next_at_ms = NULL WHERE next_at_ms <= :at",
    "DELETE FROM tags WHERE resource_arn IN"
    " (SELECT arn FROM datasets WHERE next_at_ms <= :at AND next_status = :gone)",
    "DELETE FROM datasets WHERE next_at_ms <= :at AND next_status = :gone",
    "UPDATE datasets SET status = next_status, updated_ms = next_at_ms, next_status = NULL, next_at_ms = NULL"
    " WHERE next_at_ms <= :at",
    "DELETE FROM tags WHERE resource_arn IN"
    " (SELECT arn FROM projects WHERE next_at_ms <= :at AND next_status = :gone)",
    "DELETE FROM projects WHERE next_at_ms <= :at AND next_status = :gone",
    "UPDATE projects SET status = next_status, next_status = NULL, next_at_ms = NULL WHERE next_at_ms <= :at",
)
_EMPTY = tuple(
    f"DELETE FROM {table}"  # noqa: S608  the names are our own
    for table in ("jobs", "entries", "datasets", "policies", "tags", "runs", "versions", "projects")
)


class Store:
    def __init__(self, directory: Path) -> None:
        self.database = Database(directory / FILE_NAME)
        connection = self.database.connection
        self.memory = Memory(connection)
        self.projects = Projects(connection)
        self.versions = Versions(connection)
        self.runs = Runs(connection)
        self.tags = Tags(connection)
        self.jobs = Jobs(connection)
        self.datasets = Datasets(connection)
        self.entries = Entries(connection)
        self.policies = Policies(connection)

    def start_clock(self, settings: Settings) -> Clock:
        """The clock of this data directory: where it stopped, or `start_at` (or the wall) when it is new."""
        local_ms = self.memory.local_ms()
        if local_ms is None:
            local_ms = int(wall_ms()) if settings.start_at_ms is None else settings.start_at_ms
        clock = Clock(local_ms=local_ms, scale=settings.clock_scale)
        self.memory.save_clock(clock)
        return clock

    def settle(self, at_ms: int) -> None:
        """Carry out every change of status that was due by now, so that nothing has to run in between."""
        values = {"at": at_ms, "gone": GONE}
        execute = self.database.connection.execute
        if execute(_IS_ANY_DUE, values).fetchone():
            for statement in _SETTLE:
                execute(statement, values)

    def empty(self) -> None:
        """Forget every resource and every run; the clock and the token key stay."""
        for statement in _EMPTY:
            self.database.connection.execute(statement)
