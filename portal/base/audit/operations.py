"""What a migration says to have a table's changes written into the audit trail."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db.migrations.operations import RunSQL


def audit(
    table: str,
    *,
    own: str = "",
    names: Iterable[str] = (),
    columns: Iterable[str] = (),
    ignored: Iterable[str] = ("created_at",),
    secret: Iterable[str] = (),
    masked: Iterable[str] = (),
    by_people: Iterable[str] = (),
    beside: Iterable[str] = (),
) -> RunSQL:
    """Attach the trigger to a table; saying it again replaces the rule.

    `own` is the column of the trail that holds the row's own key (`store_id`, `area_id`, `deployment_id`,
    `person_id`); `names` are the columns that make its name. Without `columns` every one counts but the
    `ignored`. A `secret` column only says that it changed, a `masked` one shows its end; changes of
    `by_people` columns count when a person makes them, not when the tick does. `beside` columns are told with
    every change, for without them it could not be read.
    """
    rule = {
        "own": own,
        "names": list(names),
        "columns": list(columns),
        "ignored": list(ignored),
        "secret": list(secret),
        "masked": list(masked),
        "by_people": list(by_people),
        "beside": list(beside),
    }
    literal = json.dumps(rule).replace("'", "''")
    drop = f"DROP TRIGGER IF EXISTS kamado_audit ON {table}"
    create = (
        f"CREATE TRIGGER kamado_audit AFTER INSERT OR UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION kamado_audit('{literal}')"
    )
    return RunSQL([drop, create], [drop])


def names_rows(kind: str, table: str, expression: str) -> RunSQL:
    """Tell the trail what a store, an area or a deployment is called: `kamado_<kind>_name(key)`."""
    name = f"SELECT {expression} FROM {table} WHERE id = key"  # noqa: S608  written in a migration
    create = (
        f"CREATE FUNCTION kamado_{kind}_name(key bigint) RETURNS text LANGUAGE plpgsql STABLE AS "
        f"$$ BEGIN RETURN ({name}); END $$"
    )
    return RunSQL([create], [f"DROP FUNCTION kamado_{kind}_name(bigint)"])
