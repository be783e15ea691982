"""Stores from a file and into one; for headquarters."""

from __future__ import annotations

from typing import BinaryIO, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from portal.base.clock import now
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, require, stores_visible_to
from stores.forms.files import StoreFileForm
from stores.forms.saving import is_saved
from stores.selectors.export import as_csv, export_rows
from stores.services.import_staging import keep_file, kept_file
from stores.services.stores_import import ImportReport, import_stores


@page
def import_page(request: HttpRequest) -> HttpResponse:
    """Take a file for a dry run, and show what it would change."""
    require(request.user, May.RUN_FRANCHISE)
    form = StoreFileForm(request.POST or None, request.FILES or None)
    context = {"title": gettext("Import stores"), "form": form}
    if form.is_valid() and is_saved(form, lambda: context.update(_dry_run(request))):
        return show(request, "stores/import_report.html", context)
    return show(request, "stores/import.html", context)


def _dry_run(request: HttpRequest) -> dict[str, ImportReport | str]:
    file = cast(BinaryIO, request.FILES["file"])
    report = import_stores(file=file, at=now(), dry_run=True)
    token = keep_file(file=file, user=cast(User, request.user)) if report.has_changes else ""
    return {"report": report, "token": token}


@page
@require_POST
def import_confirm(request: HttpRequest) -> HttpResponse:
    """Write what the dry run showed."""
    require(request.user, May.RUN_FRANCHISE)
    user = cast(User, request.user)
    file = kept_file(token=request.POST.get("token", ""), user=user)
    report = import_stores(file=file, at=now(), author=user)
    if report.is_refused:
        context = {"title": gettext("Import stores"), "report": report, "token": ""}
        return show(request, "stores/import_report.html", context)
    said = {"created": len(report.created), "changed": len(report.changed)}
    messages.success(request, gettext("%(created)s stores created, %(changed)s changed.") % said)
    return redirect("stores-import")


@page
def export_csv(request: HttpRequest) -> HttpResponse:
    """Send all stores in the import format; the mark at its start tells Excel that it is UTF-8."""
    require(request.user, May.RUN_FRANCHISE)
    text = "\ufeff" + as_csv(export_rows(stores_visible_to(request.user)))
    headers = {"Content-Disposition": 'attachment; filename="stores.csv"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)
