"""Pieces of SQL that projects and versions share."""

from collections.abc import Sized

NEWEST_FIRST = " ORDER BY created_ms DESC, id DESC LIMIT ?"
AFTER_POSITION = " AND (created_ms, id) < (?, ?)"


def one_of(values: Sized) -> str:
    """`IN (?,?,?)` with a mark for every value."""
    return f"IN ({','.join('?' * len(values))})"
