"""Datasets and their entries in the state file."""

from sqlite3 import Connection, Row

from rekognition_local.statuses import DatasetStatus, DatasetType
from rekognition_local.storage.records import Dataset

_SELECT = (
    "SELECT id, project_id, region, type, arn, status, status_message, status_code, created_ms, updated_ms "
    "FROM datasets "
)


class Datasets:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_arn(self, arn: str) -> Dataset | None:
        row = self._connection.execute(_SELECT + "WHERE arn = ?", (arn,)).fetchone()
        return _dataset(row) if row else None

    def of_project(self, project_id: int) -> list[Dataset]:
        rows = self._connection.execute(_SELECT + "WHERE project_id = ? ORDER BY type DESC", (project_id,))
        return [_dataset(row) for row in rows]

    def lines(self, arn: str) -> list[str]:
        """Every entry of a dataset, as it would be listed, in the order in which they came."""
        sql = (
            "SELECT line FROM entries WHERE dataset_id = (SELECT id FROM datasets WHERE arn = ?) ORDER BY id"
        )
        return [row["line"] for row in self._connection.execute(sql, (arn,))]


def _dataset(row: Row) -> Dataset:
    values = dict(row)
    values["type"], values["status"] = DatasetType(values["type"]), DatasetStatus(values["status"])
    return Dataset(**values)
