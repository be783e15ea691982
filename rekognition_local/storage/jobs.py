"""Work that goes on after its call was answered, in the state file: a killed server finds it again."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from sqlite3 import Connection, Row
from typing import Any

_SELECT = "SELECT id, kind, region, subject_arn, spec, due_ms, attempts FROM jobs "


@dataclass(frozen=True, slots=True)
class Job:
    """`spec` says what to do; what comes of it shows at `due_ms`, or when it is done if that is later.

    `attempts` counts how often it was begun, this time included.
    """

    id: int
    kind: str
    region: str
    subject_arn: str
    spec: dict[str, Any]
    due_ms: int
    attempts: int


class Jobs:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.has_news = False

    def add(self, *, kind: str, region: str, subject_arn: str, spec: dict[str, Any], due_ms: int) -> None:
        self._connection.execute(
            "INSERT INTO jobs (kind, region, subject_arn, spec, due_ms) VALUES (?,?,?,?,?)",
            (kind, region, subject_arn, json.dumps(spec), due_ms),
        )
        self.has_news = True

    def take_news(self) -> bool:
        """Tell, once, that a job was added since the last time this was asked."""
        news, self.has_news = self.has_news, False
        return news

    def waiting(self, *, but: Collection[int]) -> list[Job]:
        """Every job that is not among `but`, oldest first."""
        return [
            _job(row) for row in self._connection.execute(_SELECT + "ORDER BY id") if row["id"] not in but
        ]

    def note_attempt(self, job_id: int) -> None:
        self._connection.execute("UPDATE jobs SET attempts = attempts + 1 WHERE id = ?", (job_id,))

    def is_there(self, job_id: int) -> bool:
        return self._connection.execute("SELECT 1 FROM jobs WHERE id = ?", (job_id,)).fetchone() is not None

    def remove(self, job_id: int) -> None:
        self._connection.execute("DELETE FROM jobs WHERE id = ?", (job_id,))

    def remove_of(self, subject_arn: str) -> None:
        self._connection.execute("DELETE FROM jobs WHERE subject_arn = ?", (subject_arn,))


def _job(row: Row) -> Job:
    values = dict(row)
    values["spec"] = json.loads(values["spec"])
    return Job(**values)
