"""Files of the history: asked for, followed, fetched, ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from detections.domain.exports import Format, Shape, State
from detections.forms.asking import asked, reader
from detections.forms.chips import chips
from detections.forms.exports import ExportForm
from detections.forms.history import MOST_QUERY
from detections.models import Export
from detections.selectors.counting import amount
from detections.selectors.exports import export_of, exports_of
from detections.services import exports as service
from detections.wiring import PICTURES
from models_registry.selectors.spend import zone_of
from portal.base import clock
from portal.base.errors import InvalidInput, NotFound
from portal.base.models import User
from portal.base.site import is_fragment, page, show
from stores.access import stores_visible_to
from stores.services.wording import in_words

KINDS = {Format.CSV: ("csv", "text/csv; charset=utf-8"), Format.JSONL: ("jsonl", "application/x-ndjson")}


@page
def exports(request: HttpRequest) -> HttpResponse:
    """List one's own files; HTMX asks again while one is being written."""
    lines = exports_of(cast(User, request.user), at=clock.now())
    read = reader(request.user)
    rows = [
        (line, chips(read(line.export.query)), gettext(line.export.message) if line.export.message else "")
        for line in lines
    ]
    context = {
        "title": gettext("Files of the history"), "rows": rows, "now": clock.now(),
        "zone": zone_of(stores_visible_to(request.user)), "is_going": any(line.is_open for line in lines),
    }  # fmt: skip
    return show(request, f"detections/{'_exports' if is_fragment(request) else 'exports'}.html", context)


@page
@require_POST
def export_new(request: HttpRequest) -> HttpResponse:
    """Ask for a file of what the history shows with these filters."""
    question = asked(request.user, QueryDict(request.POST.get("query", "")[:MOST_QUERY]))
    query, form = question.form.query(), ExportForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Choose what kind of file you want."))
        return redirect(f"{reverse('detections')}?{query}")
    said = form.cleaned_data
    order = service.ExportOrder(
        Format(said["format"]), Shape(said["shape"]), query, amount(question.stores, question.chosen).count
    )
    try:
        service.order_export(order=order, author=cast(User, request.user), at=clock.now())
    except InvalidInput as error:
        messages.error(request, in_words(error))
    return redirect("exports")


@page
@require_POST
def export_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Cancel a file that is being written, or remove one that is there."""
    export = _mine(request, pk)
    acts: dict[str, Callable[[], bool]] = {
        "cancel": lambda: service.cancel_export(export=export, at=clock.now()),
        "remove": lambda: service.remove_export(export=export, at=clock.now()),
    }
    if act not in acts:
        raise NotFound(gettext("There is no such address."))
    if not acts[act]():
        messages.info(request, gettext("The file has gone on meanwhile; nothing was changed."))
    return redirect("exports")


@page
def export_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send a file, piece after piece."""
    export = _mine(request, pk)
    if export.state != State.DONE:
        raise NotFound(gettext("This file is not ready."))
    ending, kind = KINDS[Format(export.format)]
    name = f"photos-{export.created_at:%Y%m%d-%H%M}-{export.pk}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(export.bytes)}
    pieces: Iterator[bytes] = (PICTURES.read(key) for key in service.keys_of(export))
    return StreamingHttpResponse(pieces, content_type=kind, headers=headers)


def _mine(request: HttpRequest, pk: int) -> Export:
    found = export_of(cast(User, request.user), pk, at=clock.now())
    if found is None:
        raise NotFound(gettext("There is no such file among yours."))
    return found


def _told(export: Export) -> str:
    return gettext(export.message) if export.message else ""
