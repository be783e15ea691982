"""The last two days of the ledger beside CloudWatch, minute by minute, without being asked.

What differs by more than the rims of runs explain becomes a trouble of its version, and ends when a later
look finds nothing. Nothing in the ledger is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from models_registry.domain.metering import (
    DIFFERS,
    Differing,
    Metering,
    MeteringError,
    VersionName,
    differing,
    reconcile,
    without_rims,
)
from models_registry.models import Connection, ModelVersion, Trouble
from models_registry.selectors.reconciliation import ledger_lately


@dataclass(frozen=True, slots=True)
class MeterReport:
    """What a look at one connection found: numbers for one log line."""

    connection: str
    runs: int = 0
    billed: int = 0
    metered: int = 0
    differing: int = 0
    error: str = ""


def compare_meters(*, open_metering: Callable[[Connection], Metering], at: datetime) -> list[MeterReport]:
    """Compare every active connection. One that gives no answer is told of, and hinders no other."""
    return [
        compare_meter(connection=each, metering=open_metering(each), at=at)
        for each in Connection.objects.filter(is_active=True).order_by("id")
    ]


def compare_meter(*, connection: Connection, metering: Metering, at: datetime) -> MeterReport:
    """Compare the last two days of a connection and note what differs. Never raises MeteringError."""
    side = ledger_lately(connection, at=at)
    try:
        metric = metering.units_in_service(side.versions, side.bounds)
    except MeteringError as error:
        return MeterReport(connection.name, error=error.message)
    found = reconcile(side.runs, without_rims(metric, side.rims), side.bounds)
    told = differing(found)
    _note(connection, told, at)
    return MeterReport(connection.name, len(found.runs), found.billed, int(found.metered), len(told))


def _note(connection: Connection, told: list[Differing], at: datetime) -> None:
    """Bring the troubles of a connection into line with what was found."""
    pks = _versions(connection)
    wanted = {
        pks[each.version]: {"cause": each.cause, "billed": each.billed, "metered": each.metered}
        for each in told
        if each.version in pks
    }
    open_ones = Trouble.objects.filter(
        code=DIFFERS, closed_at__isnull=True, version__project__connection=connection
    )
    with transaction.atomic():
        open_ones.exclude(version_id__in=wanted).update(closed_at=at)
        rows = open_ones.select_for_update(of=("self",)).order_by("id")
        standing = {row.version_id: row for row in rows if row.version_id is not None}
        for pk, row in standing.items():
            if row.params != wanted[pk]:
                row.params = wanted[pk]
                row.save(update_fields=["params"])
        Trouble.objects.bulk_create(
            [
                Trouble(version_id=pk, code=DIFFERS, params=said, opened_at=at)
                for pk, said in wanted.items()
                if pk not in standing
            ],
            ignore_conflicts=True,
        )


def _versions(connection: Connection) -> dict[VersionName, int]:
    """Return versions by CloudWatch's name for them; of two of one name, the newer."""
    rows = ModelVersion.objects.filter(project__connection=connection).order_by("id")
    return {
        VersionName(project, name): pk
        for project, name, pk in rows.values_list("project__name", "name", "pk")
    }
