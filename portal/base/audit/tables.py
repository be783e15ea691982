"""Which tables are in the audit trail: those that carry the trigger."""

from __future__ import annotations

from typing import Any

_AUDITED = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'kamado_audit'"
_known: set[str] = set()


def audited_tables(connection: Any) -> frozenset[str]:
    """Return the tables with the trigger; the database is asked once a process."""
    if not _known:
        with connection.cursor() as cursor:
            cursor.execute(_AUDITED)
            _known.update(name for (name,) in cursor.fetchall())
    return frozenset(_known)
