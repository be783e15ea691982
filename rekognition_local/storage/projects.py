"""Projects in the state file."""

from sqlite3 import Connection, Row

from rekognition_local.statuses import GONE, ProjectStatus
from rekognition_local.storage.records import Position, Project
from rekognition_local.storage.sql import AFTER_POSITION, NEWEST_FIRST, one_of

_SELECT = "SELECT id, region, name, arn, feature, auto_update, status, created_ms FROM projects "
_INSERT = (
    "INSERT INTO projects (region, name, arn, feature, auto_update, status, created_ms) "
    "VALUES (?,?,?,?,?,?,?) RETURNING id, region, name, arn, feature, auto_update, status, created_ms"
)


class Projects:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self, *, region: str, name: str, arn: str, feature: str, auto_update: str | None, created_ms: int
    ) -> Project:
        """Write a project that is ready to use."""
        values = (region, name, arn, feature, auto_update, ProjectStatus.CREATED, created_ms)
        return _project(self._connection.execute(_INSERT, values).fetchone())

    def by_arn(self, arn: str) -> Project | None:
        row = self._connection.execute(_SELECT + "WHERE arn = ?", (arn,)).fetchone()
        return _project(row) if row else None

    def by_name(self, region: str, name: str) -> Project | None:
        row = self._connection.execute(_SELECT + "WHERE region = ? AND name = ?", (region, name)).fetchone()
        return _project(row) if row else None

    def count(self, region: str) -> int:
        row = self._connection.execute("SELECT count(*) FROM projects WHERE region = ?", (region,)).fetchone()
        return int(row[0])

    def page(
        self, region: str, *, names: list[str], features: list[str], after: Position | None, size: int
    ) -> list[Project]:
        """Newest first, from the one that follows `after`. No names means all."""
        sql = _SELECT + "WHERE region = ? AND feature " + one_of(features)
        values: list[object] = [region, *features]
        if names:
            sql += " AND name " + one_of(names)
            values += names
        if after:
            sql += AFTER_POSITION
            values += after
        return [_project(row) for row in self._connection.execute(sql + NEWEST_FIRST, [*values, size])]

    def all(self) -> list[Project]:
        return [
            _project(row) for row in self._connection.execute(_SELECT + "ORDER BY region, created_ms, id")
        ]

    def mark_deleting(self, project_id: int, *, gone_at_ms: int) -> None:
        self._connection.execute(
            "UPDATE projects SET status = ?, next_status = ?, next_at_ms = ? WHERE id = ?",
            (ProjectStatus.DELETING, GONE, gone_at_ms, project_id),
        )


def _project(row: Row) -> Project:
    return Project(**{**dict(row), "status": ProjectStatus(row["status"])})
