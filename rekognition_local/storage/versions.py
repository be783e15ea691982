"""Project versions in the state file."""

import json
from dataclasses import asdict
from sqlite3 import Connection, Row

from rekognition_local.statuses import VersionStatus
from rekognition_local.storage.records import Facts, NewVersion, Position, TrainedModel, Version
from rekognition_local.storage.sql import AFTER_POSITION, NEWEST_FIRST, one_of

_SELECT = (
    "SELECT id, project_id, region, name, arn, status, created_ms, facts, next_status, next_at_ms, "
    "training_end_ms, min_units, max_units, starts, model FROM versions "
)
_COUNT = "SELECT count(*) FROM versions "
_INSERT = (
    "INSERT INTO versions (project_id, region, name, arn, status, created_ms, facts, "
    "next_status, next_at_ms, training_end_ms, model) VALUES (?,?,?,?,?,?,?,?,?,?,?)"
)


class Versions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, version: NewVersion) -> None:
        values = (
            version.project_id,
            version.region,
            version.name,
            version.arn,
            version.status,
            version.created_ms,
            json.dumps(version.facts),
            version.next_status,
            version.next_at_ms,
            version.training_end_ms,
            _model_text(version.model),
        )
        self._connection.execute(_INSERT, values)

    def by_arn(self, arn: str) -> Version | None:
        row = self._connection.execute(_SELECT + "WHERE arn = ?", (arn,)).fetchone()
        return _version(row) if row else None

    def by_name(self, project_id: int, name: str) -> Version | None:
        row = self._connection.execute(
            _SELECT + "WHERE project_id = ? AND name = ?", (project_id, name)
        ).fetchone()
        return _version(row) if row else None

    def count_in_project(self, project_id: int) -> int:
        row = self._connection.execute(_COUNT + "WHERE project_id = ?", (project_id,)).fetchone()
        return int(row[0])

    def count_in_status(self, region: str, *statuses: VersionStatus) -> int:
        sql = _COUNT + "WHERE region = ? AND status " + one_of(statuses)
        return int(self._connection.execute(sql, (region, *statuses)).fetchone()[0])

    def page(self, project_id: int, *, names: list[str], after: Position | None, size: int) -> list[Version]:
        """Newest first, from the one that follows `after`. No names means all."""
        sql = _SELECT + "WHERE project_id = ?"
        values: list[object] = [project_id]
        if names:
            sql += " AND name " + one_of(names)
            values += names
        if after:
            sql += AFTER_POSITION
            values += after
        return [_version(row) for row in self._connection.execute(sql + NEWEST_FIRST, [*values, size])]

    def all_in(self, project_id: int) -> list[Version]:
        rows = self._connection.execute(
            _SELECT + "WHERE project_id = ? ORDER BY created_ms, id", (project_id,)
        )
        return [_version(row) for row in rows]

    def move(
        self,
        version_id: int,
        status: VersionStatus,
        *,
        next_status: str | None = None,
        next_at_ms: int | None = None,
    ) -> None:
        """Put a version in a status, to become `next_status` at `next_at_ms`; without them it stays."""
        self._connection.execute(
            "UPDATE versions SET status = ?, next_status = ?, next_at_ms = ? WHERE id = ?",
            (status, next_status, next_at_ms, version_id),
        )

    def note_outcome(self, version_id: int, *, facts: Facts, model: TrainedModel | None) -> None:
        """Write down what training left: the facts a description will show, and the model."""
        self._connection.execute(
            "UPDATE versions SET facts = ?, model = ? WHERE id = ?",
            (json.dumps(facts), _model_text(model), version_id),
        )

    def digests(self) -> set[str]:
        """The models that some version has."""
        rows = self._connection.execute("SELECT DISTINCT model FROM versions WHERE model IS NOT NULL")
        return {json.loads(row["model"])["digest"] for row in rows}

    def note_start(self, version_id: int, *, min_units: int, max_units: int | None) -> None:
        self._connection.execute(
            "UPDATE versions SET starts = starts + 1, min_units = ?, max_units = ? WHERE id = ?",
            (min_units, max_units, version_id),
        )

    def note_training_end(self, version_id: int, *, at_ms: int | None) -> None:
        self._connection.execute("UPDATE versions SET training_end_ms = ? WHERE id = ?", (at_ms, version_id))


def _model_text(model: TrainedModel | None) -> str | None:
    return json.dumps(asdict(model)) if model else None


def _version(row: Row) -> Version:
    values = dict(row)
    values["status"] = VersionStatus(values["status"])
    values["facts"] = json.loads(values["facts"])
    values["model"] = TrainedModel(**json.loads(values["model"])) if values["model"] else None
    return Version(**values)
