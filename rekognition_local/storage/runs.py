"""Runs in the state file: what the meter reads. They outlive the versions they belong to."""

from sqlite3 import Connection

from rekognition_local.storage.records import Run

_INSERT = (
    "INSERT INTO runs (version_arn, units, requested_ms, running_ms, stop_requested_ms, ended_ms) "
    "VALUES (?,?,?,?,?,?)"
)
_ALL = (
    "SELECT version_arn, units, requested_ms, running_ms, stop_requested_ms, ended_ms FROM runs ORDER BY id"
)
_GIVE_UP = (
    "UPDATE runs SET ended_ms = :at, running_ms = NULL WHERE version_arn = :arn "
    "AND stop_requested_ms IS NULL AND ended_ms IS NULL AND (running_ms IS NULL OR running_ms > :at)"
)
_STOP = (
    "UPDATE runs SET stop_requested_ms = :at WHERE version_arn = :arn "
    "AND stop_requested_ms IS NULL AND ended_ms IS NULL"
)


class Runs:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, run: Run) -> None:
        values = (
            run.version_arn,
            run.units,
            run.requested_ms,
            run.running_ms,
            run.stop_requested_ms,
            run.ended_ms,
        )
        self._connection.execute(_INSERT, values)

    def close(self, version_arn: str, *, at_ms: int) -> None:
        """End the open run: it is billed until now, or never if it had not reached RUNNING."""
        values = {"at": at_ms, "arn": version_arn}
        self._connection.execute(_GIVE_UP, values)
        self._connection.execute(_STOP, values)

    def all(self) -> list[Run]:
        """Every run, in the order of the requests."""
        return [Run(**dict(row)) for row in self._connection.execute(_ALL)]
