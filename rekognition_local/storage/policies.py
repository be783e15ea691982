"""Project policies in the state file. They go with their project."""

from sqlite3 import Connection

from rekognition_local.storage.records import Policy, Position
from rekognition_local.storage.sql import AFTER_POSITION, NEWEST_FIRST

_SELECT = "SELECT id, project_id, name, revision, document, created_ms, updated_ms FROM policies "
_PUT = (
    "INSERT INTO policies (project_id, name, revision, document, created_ms, updated_ms) "
    "VALUES (:project, :name, :revision, :document, :at, :at) ON CONFLICT (project_id, name) DO UPDATE SET "
    "revision = excluded.revision, document = excluded.document, updated_ms = excluded.updated_ms"
)


class Policies:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, project_id: int, *, name: str, revision: str, document: str, at_ms: int) -> None:
        """Write a policy, in place of the one of this name if there is one."""
        values = {
            "project": project_id,
            "name": name,
            "revision": revision,
            "document": document,
            "at": at_ms,
        }
        self._connection.execute(_PUT, values)

    def by_name(self, project_id: int, name: str) -> Policy | None:
        sql = _SELECT + "WHERE project_id = ? AND name = ?"
        row = self._connection.execute(sql, (project_id, name)).fetchone()
        return Policy(**dict(row)) if row else None

    def count(self, project_id: int) -> int:
        row = self._connection.execute("SELECT count(*) FROM policies WHERE project_id = ?", (project_id,))
        return int(row.fetchone()[0])

    def page(self, project_id: int, *, after: Position | None, size: int) -> list[Policy]:
        """Newest first, from the one that follows `after`."""
        sql, values = _SELECT + "WHERE project_id = ?", [project_id]
        if after:
            sql += AFTER_POSITION
            values += after
        rows = self._connection.execute(sql + NEWEST_FIRST, [*values, size])
        return [Policy(**dict(row)) for row in rows]

    def remove(self, policy_id: int) -> None:
        self._connection.execute("DELETE FROM policies WHERE id = ?", (policy_id,))
