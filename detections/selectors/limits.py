"""A limit for what one question may cost the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from portal.base.errors import PortalError


class TooSlow(PortalError):
    """The database gave up on a question that took too long; a narrower one is quicker."""

    code = "too_slow"


@contextmanager
def time_limit(milliseconds: int) -> Iterator[None]:
    """Have each statement of the block given up after a while; raise TooSlow. Two statements more."""
    is_inside = connection.in_atomic_block
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
            yield
            if is_inside:  # the transaction goes on: its other statements may take their time
                cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooSlow("This takes too long to find. Narrow it to a store or to fewer days.") from error
        raise
