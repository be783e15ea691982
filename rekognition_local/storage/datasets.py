"""Datasets in the state file; what they hold is in `entries`."""

from sqlite3 import Connection, Row

from rekognition_local.statuses import GONE, DatasetStatus, DatasetType
from rekognition_local.storage.records import Dataset

_SELECT = (
    "SELECT id, project_id, region, type, arn, status, status_message, status_code, created_ms, updated_ms "
    "FROM datasets "
)
_INSERT = (
    "INSERT INTO datasets (project_id, region, type, arn, status, status_message, status_code, created_ms, "
    "updated_ms) VALUES (?,?,?,?,?,'','SUCCESS',?,?) RETURNING id"
)


class Datasets:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, *, project_id: int, region: str, type: str, arn: str, created_ms: int) -> int:
        """Write a dataset that is being created, and return its row id."""
        values = (project_id, region, type, arn, DatasetStatus.CREATE_IN_PROGRESS, created_ms, created_ms)
        return int(self._connection.execute(_INSERT, values).fetchone()["id"])

    def by_arn(self, arn: str) -> Dataset | None:
        row = self._connection.execute(_SELECT + "WHERE arn = ?", (arn,)).fetchone()
        return _dataset(row) if row else None

    def of_project(self, project_id: int) -> list[Dataset]:
        rows = self._connection.execute(_SELECT + "WHERE project_id = ? ORDER BY type DESC", (project_id,))
        return [_dataset(row) for row in rows]

    def begin(self, dataset_id: int, status: DatasetStatus) -> None:
        """Put a dataset into a status that lasts until `become` says what follows."""
        self._connection.execute(
            "UPDATE datasets SET status = ?, next_status = NULL, next_at_ms = NULL WHERE id = ?",
            (status, dataset_id),
        )

    def become(
        self, dataset_id: int, status: DatasetStatus, *, at_ms: int, message: str, code: str = "SUCCESS"
    ) -> None:
        """Say what a dataset becomes and when; message and code are shown from then on."""
        self._connection.execute(
            "UPDATE datasets SET next_status = ?, next_at_ms = ?, status_message = ?, status_code = ? "
            "WHERE id = ?",
            (status, at_ms, message, code, dataset_id),
        )

    def mark_deleting(self, dataset_id: int, *, gone_at_ms: int) -> None:
        self._connection.execute(
            "UPDATE datasets SET status = ?, next_status = ?, next_at_ms = ? WHERE id = ?",
            (DatasetStatus.DELETE_IN_PROGRESS, GONE, gone_at_ms, dataset_id),
        )

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
