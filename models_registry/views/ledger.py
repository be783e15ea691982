"""The run ledger: what ran, when, why, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext

from models_registry.forms.money import LedgerForm, months_around
from models_registry.selectors.ledger import LedgerRow, ledger_page, ledger_rows
from models_registry.selectors.spend import zone_of
from models_registry.templatetags.registry import month_name, reason
from models_registry.views.exports import stream_csv
from portal.base import clock
from portal.base.currency import Currency, currency_in_force
from portal.base.site import is_fragment, page, show
from stores.access import May, require, stores_visible_to
from stores.domain.localtime import local_date

COLUMNS = (
    "deployment", "version", "version_arn", "units", "start_ordered_at", "start_accepted_at", "running_at",
    "stop_ordered_at", "stopping_at", "ended_at", "starting_seconds", "billed_unit_minutes", "usd",
    "outside", "why_started", "why_stopped", "outcome", "error",
)  # fmt: skip


@page
def ledger(request: HttpRequest) -> HttpResponse:
    """Show runs, newest first; HTMX asks for the table alone."""
    require(request.user, May.RUN_FRANCHISE)
    at, zone = clock.now(), zone_of(stores_visible_to(request.user))
    form = _form(request, at, zone)
    found = ledger_page(form.chosen(zone), after=request.GET.get("after", ""), at=at)
    context = {"form": form, "found": found, "query": _query(request), "zone": zone}
    name = "_ledger_fragment" if is_fragment(request) else "ledger"
    return show(request, f"models_registry/{name}.html", {"title": gettext("Run ledger"), **context})


@page
def ledger_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send every run that the filters let through."""
    require(request.user, May.RUN_FRANCHISE)
    at, zone = clock.now(), zone_of(stores_visible_to(request.user))
    rows = ledger_rows(_form(request, at, zone).chosen(zone), at=at)
    currency = currency_in_force()
    own = () if currency.is_usd else (currency.code.lower(),)
    return stream_csv("runs.csv", (*COLUMNS, *own), _cells(rows, currency))


def _form(request: HttpRequest, at: datetime, zone: str) -> LedgerForm:
    months = [(f"{on:%Y-%m}", month_name(on)) for on in months_around(local_date(zone, at))[1:]]
    return LedgerForm(request.GET, months=months)


def _query(request: HttpRequest) -> str:
    """Return the filters as they stand in the address, without the cursor."""
    said = request.GET.copy()
    said.pop("after", None)
    return said.urlencode()


def _cells(rows: Iterator[LedgerRow], currency: Currency) -> Iterator[list[Any]]:
    for row in rows:
        run = row.run
        yield [
            run.deployment.name if run.deployment else "", str(run.version), run.version.arn,
            run.inference_units, *map(_iso, (run.requested_at, run.accepted_at, run.running_at)),
            *map(_iso, (run.stop_requested_at, run.stopping_at, run.ended_at)),
            int((run.running_at - run.accepted_at).total_seconds())
            if run.running_at and run.accepted_at else "",
            row.minutes, row.usd, "yes" if run.is_outside else "no",
            reason(run.start_code, run.start_params, row.zone),
            reason(run.stop_code, run.stop_params, row.zone), run.outcome or "OPEN", run.error_message,
            *([] if currency.is_usd else [currency.rounded(row.usd)]),
        ]  # fmt: skip


def _iso(at: datetime | None) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""
