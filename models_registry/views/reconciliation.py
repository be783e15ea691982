"""Reconciliation: a month of a connection beside CloudWatch and Cost Explorer, asked for with a button."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext

from models_registry.domain.metering import RunDifference
from models_registry.forms.money import months_around
from models_registry.forms.reconcile import ReconcileForm
from models_registry.models import Connection
from models_registry.services.reconciliation import Reconciled, reconcile_month
from models_registry.templatetags.registry import month_name
from models_registry.wiring import open_metering
from portal.base import clock
from portal.base.site import page, show
from stores.access import May, require
from stores.domain.localtime import from_seconds

SHOWN_RUNS = 200
PARTS = {
    "starting": lambda: gettext("counted while STARTING"),
    "stopping": lambda: gettext("counted after the stop"),
    "units": lambda: gettext("other units than ordered"),
    "rounding": lambda: gettext("begun minutes at the rims of runs"),
    "missing": lambda: gettext("minutes without a data point"),
    "outside": lambda: gettext("outside the ledger’s runs"),
}


@page
def connection_reconcile(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what can be asked; asked for, show the difference explained."""
    require(request.user, May.RUN_FRANCHISE)
    connection = get_object_or_404(Connection, pk=pk)
    at = clock.now()
    months = [(f"{on:%Y-%m}", month_name(on)) for on in months_around(at.date())[1:]]
    form = ReconcileForm(request.POST or request.GET, months=months, present=at.date().replace(day=1))
    context: dict[str, Any] = {
        "title": gettext("Reconciliation with AWS: %(name)s") % {"name": connection.name},
        "connection": connection, "form": form, "month": form.month_chosen,
    }  # fmt: skip
    if request.method == "POST":
        found = reconcile_month(
            connection=connection, month=form.month_chosen, metering=open_metering(connection), at=at
        )
        context |= _shown(found)
    return show(request, "models_registry/reconciliation.html", context)


def _shown(found: Reconciled) -> dict[str, Any]:
    minutes, side = found.minutes, found.side
    if minutes is None:
        return {"found": found}
    rows = sorted(minutes.runs, key=lambda each: -abs(each.difference))
    return {
        "found": found,
        "since": from_seconds(side.bounds[0]), "until": from_seconds(side.bounds[1]),
        "difference": minutes.metered - minutes.billed,
        "parts": [(PARTS[name](), value) for name, value in minutes.explained.items() if value],
        "rows": [_row(each, side.deployments) for each in rows[:SHOWN_RUNS]],
        "more": max(0, len(rows) - SHOWN_RUNS),
        "outside": [(each, from_seconds(each.start), from_seconds(each.end)) for each in minutes.outside],
    }  # fmt: skip


def _row(each: RunDifference, deployments: dict[int, str]) -> dict[str, Any]:
    said = [
        f"{PARTS[name]()} {getattr(each, name):+.0f}"
        for name in ("starting", "stopping", "units", "rounding", "missing")
        if getattr(each, name)
    ]
    return {
        "deployment": deployments[each.run.pk], "version": each.run.version,
        "start": from_seconds(each.run.facts.start), "end": from_seconds(each.run.facts.end),
        "billed": each.billed, "metered": each.metered, "difference": each.difference,
        "why": " · ".join(said),
    }  # fmt: skip
