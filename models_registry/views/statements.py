"""Monthly statements: a store's months, each as PDF and CSV, and all stores of a month as a zip."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import get_language, gettext

from models_registry.forms.money import MonthField
from models_registry.selectors.spend import month_of
from models_registry.selectors.statements import month_totals, statement_of
from models_registry.statements import (
    StatementFile,
    statement_csv,
    statement_file,
    statement_files,
)
from portal.base import clock
from portal.base.errors import InvalidInput
from portal.base.site import page, show
from portal.base.zip_stream import zip_stream
from stores.access import May, require, store_for, stores_visible_to
from stores.domain.localtime import local_date

MOST_YEARS = 100


@page
def statements(request: HttpRequest, code: str) -> HttpResponse:
    """List a store's months of the last year."""
    store = store_for(request.user, code)
    at = clock.now()
    context = {
        "title": gettext("Statements"), "store": store, "months": month_totals(store, at=at),
        "present": local_date(store.timezone, at).replace(day=1),
    }  # fmt: skip
    return show(request, "models_registry/statements.html", context)


@page
def statement_as_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """Send one month as a page."""
    store, at = store_for(request.user, code), clock.now()
    month = _month(request, local_date(store.timezone, at))
    return _sent(statement_file(store, month=month, language=get_language() or "en", at=at))


@page
def statement_as_csv(request: HttpRequest, code: str) -> HttpResponse:
    """Send one month's days."""
    store, at = store_for(request.user, code), clock.now()
    month = _month(request, local_date(store.timezone, at))
    return _sent(statement_csv(statement_of(store, month=month, at=at)))


@page
def statements_zip(request: HttpRequest) -> StreamingHttpResponse:
    """Send every statement of a month, of the stores a person may see, while they are made."""
    at, visible = clock.now(), stores_visible_to(request.user)
    if not visible.exists():
        require(request.user, May.RUN_FRANCHISE)
    month = _month(request, month_of(visible, at=at))
    files = statement_files(visible, month=month, language=get_language() or "en", at=at)
    return StreamingHttpResponse(
        zip_stream(files),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="statements-{month:%Y-%m}.zip"'},
    )


def _month(request: HttpRequest, today: date) -> date:
    """Return the month of the address, or the last whole one."""
    said = request.GET.get("month", "")
    if not said:
        return (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    try:
        month = date.fromisoformat(f"{said}-01")
        if abs(month.year - today.year) > MOST_YEARS:
            raise ValueError(said)
        return month
    except ValueError:
        raise InvalidInput(str(MonthField.default_error_messages["invalid"])) from None


def _sent(file: StatementFile) -> HttpResponse:
    headers = {"Content-Disposition": f'inline; filename="{file.name}"'}
    return HttpResponse(file.content, content_type=file.mime_type, headers=headers)
