"""What datasets hold, in the state file: one entry for each picture, and its labels for the filters."""

from collections.abc import Iterable, Sequence
from sqlite3 import Connection

from rekognition_local.storage.records import DatasetStats, EntryFilter, EntryRow, LabelStats
from rekognition_local.storage.sql import one_of

_FORGET_LABELS = (
    "DELETE FROM entry_labels WHERE entry_id = "
    "(SELECT id FROM entries WHERE dataset_id = ? AND source_ref = ?)"
)
_PUT = (
    "INSERT INTO entries (dataset_id, source_ref, line, is_labeled, has_errors) VALUES (?,?,?,?,?) "
    "ON CONFLICT (dataset_id, source_ref) DO UPDATE SET "
    "line = excluded.line, is_labeled = excluded.is_labeled, has_errors = excluded.has_errors"
)
_PUT_LABEL = (
    "INSERT INTO entry_labels (entry_id, label, boxes) "
    "SELECT id, ?, ? FROM entries WHERE dataset_id = ? AND source_ref = ?"
)
_STATS = (
    "SELECT count(*) AS total, total(is_labeled) AS labeled, total(has_errors) AS in_error, "
    "(SELECT count(DISTINCT label) FROM entry_labels JOIN entries ON entries.id = entry_id"
    " WHERE dataset_id = :dataset) AS labels FROM entries WHERE dataset_id = :dataset"
)
_LABELS = (
    "SELECT label, count(*) AS entries, total(boxes > 0) AS entries_with_boxes "
    "FROM entry_labels JOIN entries ON entries.id = entry_id WHERE dataset_id = ? "
    "GROUP BY label ORDER BY label LIMIT ? OFFSET ?"
)
_COPY = (
    "INSERT INTO entries (dataset_id, source_ref, line, is_labeled, has_errors) "
    "SELECT ?, source_ref, line, is_labeled, has_errors FROM entries WHERE dataset_id = ? ORDER BY id"
)
_COPY_LABELS = (
    "INSERT INTO entry_labels (entry_id, label, boxes) SELECT copy.id, label, boxes FROM entries AS copy "
    "JOIN entries AS source ON source.source_ref = copy.source_ref AND source.dataset_id = ? "
    "JOIN entry_labels ON entry_id = source.id WHERE copy.dataset_id = ?"
)


class Entries:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, dataset_id: int, rows: Sequence[EntryRow]) -> None:
        """Write entries. One whose source-ref is there already is replaced and keeps its place."""
        known = [row for row in rows if row.source_ref is not None]
        self._connection.executemany(_FORGET_LABELS, [(dataset_id, row.source_ref) for row in known])
        self._connection.executemany(
            _PUT, [(dataset_id, row.source_ref, row.line, row.is_labeled, row.has_errors) for row in rows]
        )
        self._connection.executemany(
            _PUT_LABEL,
            [(label, boxes, dataset_id, row.source_ref) for row in known for label, boxes in row.labels],
        )

    def clear(self, dataset_id: int) -> None:
        self._connection.execute("DELETE FROM entries WHERE dataset_id = ?", (dataset_id,))

    def copy(self, *, source_id: int, dataset_id: int) -> None:
        self._connection.execute(_COPY, (dataset_id, source_id))
        self._connection.execute(_COPY_LABELS, (source_id, dataset_id))

    def move(self, entry_ids: Sequence[int], *, dataset_id: int) -> None:
        self._connection.executemany(
            "UPDATE entries SET dataset_id = ? WHERE id = ?",
            [(dataset_id, entry_id) for entry_id in entry_ids],
        )

    def count(self, dataset_id: int) -> int:
        row = self._connection.execute("SELECT count(*) FROM entries WHERE dataset_id = ?", (dataset_id,))
        return int(row.fetchone()[0])

    def count_of(self, dataset_id: int, source_refs: Iterable[str]) -> int:
        """How many of these a dataset has."""
        sql = "SELECT count(*) FROM entries WHERE dataset_id = ? AND source_ref = ?"
        return sum(int(self._connection.execute(sql, (dataset_id, ref)).fetchone()[0]) for ref in source_refs)

    def all(self, arn: str) -> list[tuple[int, str]]:
        """Row id and line of every entry of a dataset, in their order."""
        sql = "SELECT id, line FROM entries WHERE dataset_id = (SELECT id FROM datasets WHERE arn = ?) "
        return [(row["id"], row["line"]) for row in self._connection.execute(sql + "ORDER BY id", (arn,))]

    def page(
        self, dataset_id: int, wanted: EntryFilter, *, after_id: int, size: int
    ) -> list[tuple[int, str]]:
        """Row id and line of the entries that pass the filter, in their order, from the next one on."""
        sql, values = "SELECT id, line FROM entries WHERE dataset_id = ? AND id > ?", [dataset_id, after_id]
        conditions: list[tuple[str, Sequence[object]]] = []
        if wanted.labels:
            labels = "SELECT 1 FROM entry_labels WHERE entry_id = entries.id AND label "
            conditions.append((f"EXISTS ({labels}{one_of(wanted.labels)})", wanted.labels))
        if wanted.is_labeled is not None:
            conditions.append(("is_labeled = ?", [wanted.is_labeled]))
        if wanted.has_errors is not None:
            conditions.append(("has_errors = ?", [wanted.has_errors]))
        if wanted.source_ref_contains is not None:
            conditions.append(("instr(source_ref, ?) > 0", [wanted.source_ref_contains]))
        sql += "".join(f" AND {condition}" for condition, _ in conditions) + " ORDER BY id LIMIT ?"
        filters = [value for _, parameters in conditions for value in parameters]
        return [(row["id"], row["line"]) for row in self._connection.execute(sql, [*values, *filters, size])]

    def stats(self, dataset_id: int) -> DatasetStats:
        row = self._connection.execute(_STATS, {"dataset": dataset_id}).fetchone()
        return DatasetStats(**{name: int(row[name]) for name in row.keys()})  # noqa: SIM118  a Row yields values

    def labels(self, dataset_id: int, *, offset: int, size: int) -> list[LabelStats]:
        """The labels in use, in their alphabetical order."""
        rows = self._connection.execute(_LABELS, (dataset_id, size, offset))
        return [LabelStats(row["label"], row["entries"], int(row["entries_with_boxes"])) for row in rows]
