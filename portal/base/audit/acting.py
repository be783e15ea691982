"""Who acts: told to the database before the first statement that changes an audited table, and no other.

The session variable `kamado.actor` is set inside a transaction for that transaction alone, outside one for
the connection; it is emptied when the acting ends, so that nothing leaks into the next request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import connection as default_connection
from psycopg.pq import TransactionStatus

from portal.base.audit.tables import audited_tables

_WRITES = re.compile(r'\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\s+(?:ONLY\s+)?"?(\w+)', re.I)
_MAY_WRITE = re.compile(r"\s*WITH\b.*\b(?:INSERT|UPDATE|DELETE|MERGE)\b", re.I | re.S)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts and from where: a person at an address, a task, or a command."""

    origin: str
    person_id: int | None = None
    name: str = ""
    ip: str | None = None

    @property
    def text(self) -> str:
        """Return it as the trigger reads it."""
        said = {"id": self.person_id, "name": self.name, "origin": self.origin[:300], "ip": self.ip}
        return json.dumps(said, ensure_ascii=False)


Tell = Callable[[], Actor]
_tellers: ContextVar[tuple[Tell, ...]] = ContextVar("kamado_tellers", default=())


@contextmanager
def acting(tell: Tell) -> Iterator[None]:
    """Let what is written inside be `tell()`'s; it is asked only if something audited is. May be nested."""
    is_outermost = not _tellers.get()
    token = _tellers.set((*_tellers.get(), tell))
    try:
        if is_outermost:
            with _noting():
                yield
        else:
            yield
    finally:
        _tellers.reset(token)


@contextmanager
def _noting() -> Iterator[None]:
    noter = _Noter()
    try:
        with default_connection.execute_wrapper(noter):
            yield
    finally:
        noter.forget()


@dataclass(slots=True)
class _Noter:
    """What the database has been told, on which connection.

    `session` holds outside transactions; `local` in the present one, empty if nothing was told in it, None if
    a savepoint was taken back and nobody knows.
    """

    raw: Any = None
    session: str = ""
    local: str | None = ""
    is_asking: bool = False

    def __call__(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if not self.is_asking and isinstance(sql, str):
            connection = context["connection"]
            self._notice_ends(connection, sql)
            if self._is_audited(connection, sql):
                self._tell(connection)
        return execute(sql, params, many, context)

    def forget(self) -> None:
        """Empty what was told; a transaction that failed, or a lost connection, has done so itself."""
        connection: Any = default_connection
        if self.raw is None or self.raw is not connection.connection:
            return
        status = self.raw.pgconn.transaction_status
        if self.local != "" and status == TransactionStatus.INTRANS:
            self._set(connection, "", is_local=True)
        if self.session and status == TransactionStatus.IDLE:
            self._set(connection, "", is_local=False)

    def _notice_ends(self, connection: Any, sql: str) -> None:
        """Notice that what was told went with its connection, its transaction or a savepoint."""
        if self.raw is not connection.connection:
            self.raw, self.session, self.local = connection.connection, "", ""
        elif self.local != "" and self.raw.pgconn.transaction_status == TransactionStatus.IDLE:
            self.local = ""
        elif self.local and sql.startswith("ROLLBACK TO"):
            self.local = None

    def _is_audited(self, connection: Any, sql: str) -> bool:
        if written := _WRITES.match(sql):
            with self._asking():
                return written[1] in audited_tables(connection)
        return _MAY_WRITE.match(sql) is not None

    def _tell(self, connection: Any) -> None:
        with self._asking():
            text = _tellers.get()[-1]().text
        told = self.local if self.local != "" else self.session
        if text == told:
            return
        is_local = connection.in_atomic_block
        self._set(connection, text, is_local=is_local)
        if is_local:
            self.local = text
        else:
            self.session = text

    def _set(self, connection: Any, text: str, *, is_local: bool) -> None:
        with self._asking(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('kamado.actor', %s, %s)", [text, is_local])

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Let our own statements, and those that find out who acts, pass unnoticed."""
        self.is_asking = True
        try:
            yield
        finally:
            self.is_asking = False
