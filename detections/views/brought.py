"""Pictures that were brought along: looked at, taken out, put back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from detections.domain.pictures import PictureRefused
from detections.domain.ports import PictureStoreError
from detections.gateways.pixels import small_pictures
from detections.selectors.brought import CHOSEN, Show, brought_by_id, brought_page, counts_of
from detections.services import brought as service
from detections.services.sides import mend_torn
from detections.views.pictures import answer
from detections.views.training import project_to_teach
from detections.wiring import read_source
from models_registry.domain.objects import ObjectStoreError
from models_registry.models import Project
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.site import page, show
from stores.access import May, require

MOST_CHOSEN = 500


@page
def brought_pictures(request: HttpRequest, pk: int) -> HttpResponse:
    """List a project's pictures from elsewhere, newest first."""
    project = project_to_teach(request, pk)
    said = request.GET.get("show", "")
    shown = Show(said) if said in set(Show) else Show.ALL
    counts = counts_of(project)
    words = {
        Show.ALL: gettext("all"), Show.TRAIN: gettext("to learn from"), Show.TEST: gettext("to judge by"),
        Show.PROBLEM: gettext("cannot be read"), Show.OUT: gettext("taken out"),
    }  # fmt: skip
    context = {
        "title": gettext("Pictures from elsewhere"), "project": project, "shown": shown.value,
        "found": brought_page(project, CHOSEN[shown], after=request.GET.get("after", "")),
        "after": request.GET.get("after", ""), "count": counts[Show.ALL],
        "lists": [(each.value, word, counts[each]) for each, word in words.items()],
    }  # fmt: skip
    return show(request, "detections/training_pictures.html", context)


@page
@require_POST
def brought_act(request: HttpRequest, pk: int) -> HttpResponse:
    """Take chosen pictures out and offer to undo it, or put them back."""
    project, at = project_to_teach(request, pk), clock.now()
    keys = [int(text) for text in request.POST.getlist("photo") if text.isascii() and text.isdigit()]
    keys = keys[:MOST_CHOSEN]
    acts: dict[str, Callable[[], None]] = {
        "take-out": lambda: _take_out(request, project, keys, at),
        "put-back": lambda: _told_back(request, service.put_back(project=project, keys=keys)),
        "undo": lambda: _told_back(request, service.undo_take_out(project=project, at=_instant(request))),
        "mend": lambda: _told_mended(request, mend_torn(project=project)),
    }
    act = request.POST.get("act", "")
    if act not in acts:
        raise NotFound(gettext("There is no such act."))
    acts[act]()
    if act == "mend":
        return redirect("training-project", pk=pk)
    shown = request.POST.get("show", "")
    return redirect(
        f"{reverse('training-pictures', args=[pk])}{f'?show={shown}' if shown in set(Show) else ''}"
    )


def _take_out(request: HttpRequest, project: Project, keys: list[int], at: datetime) -> None:
    count = service.take_out(project=project, keys=keys, at=at)
    said = ngettext("%(count)d picture is taken out.", "%(count)d pictures are taken out.", count)
    undo = format_html(
        '<button class="rg-link" form="undo-act" name="at" value="{}">{}</button>',
        at.isoformat(), gettext("Undo"),
    )  # fmt: skip
    messages.success(request, format_html("{} {}", said % {"count": count}, undo if count else ""))


def _told_back(request: HttpRequest, count: int) -> None:
    said = ngettext("%(count)d picture is back.", "%(count)d pictures are back.", count)
    messages.success(request, said % {"count": count})


def _told_mended(request: HttpRequest, count: int) -> None:
    said = ngettext("%(count)d picture is judged by now.", "%(count)d pictures are judged by now.", count)
    messages.success(request, said % {"count": count})


def _instant(request: HttpRequest) -> datetime:
    """Return the instant that an undo names. Raises NotFound."""
    try:
        found = datetime.fromisoformat(request.POST.get("at", ""))
    except ValueError as error:
        raise NotFound(gettext("There is no such act.")) from error
    if found.tzinfo is None:
        raise NotFound(gettext("There is no such act."))
    return found


@page
def brought_picture(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send a small picture, made now: such lists are looked at seldom."""
    require(request.user, May.REVIEW)
    row = brought_by_id(pk)
    if row is None:
        raise NotFound(gettext("There is no such picture."))
    try:
        content = read_source(row.project.connection, row.source)
        return answer(small_pictures(content).thumbnail)
    except (ObjectStoreError, PictureStoreError, PictureRefused) as error:
        raise NotFound(error.message) from error
