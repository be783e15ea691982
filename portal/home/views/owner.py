"""The owner's one-taps: each is shown with its price first, then saved, then undone for ten minutes."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from models_registry.forms.overrides import CloseEarlyForm, OpenLateForm
from models_registry.models import StoreEdit
from models_registry.selectors.owner import edits_of
from models_registry.services.drafts import draft_close_early, draft_closed_tomorrow, draft_open_late
from models_registry.services.edits import CannotUndo, undo_edit
from portal.base import clock
from portal.base.models import User
from portal.base.site import is_fragment, page, show
from portal.home.asking import within_budget
from portal.home.proposing import Step, propose_or_say_why_not, refuse
from portal.home.store_context import page_context
from stores.access import May, store_for
from stores.services.wording import in_words


@page
@require_POST
@within_budget
def stay_open(request: HttpRequest, code: str) -> HttpResponse:
    """Keep the model ready for a later closing today."""
    store, at = store_for(request.user, code, May.OVERRIDE), clock.now()
    form = OpenLateForm(request.POST, store=store, at=at)
    if form.is_valid():
        until = form.cleaned_data["until"]
        step = Step(store, lambda: draft_open_late(store=store, until_minute=until, at=at), at)
        return propose_or_say_why_not(request, step)
    if is_fragment(request):
        return refuse(request, store, [str(each) for each in form.errors["until"]])
    return show(request, "home/store.html", page_context(request, store, at=at, open_late=form), status=422)


@page
@require_POST
def close_early(request: HttpRequest, code: str) -> HttpResponse:
    """Close earlier today."""
    store, at = store_for(request.user, code, May.EDIT_HOURS), clock.now()
    form = CloseEarlyForm(request.POST)
    if form.is_valid():
        until = form.cleaned_data["until"]
        step = Step(store, lambda: draft_close_early(store=store, until_minute=until, at=at), at)
        return propose_or_say_why_not(request, step)
    if is_fragment(request):
        return refuse(request, store, [str(each) for each in form.errors["until"]])
    return show(request, "home/store.html", page_context(request, store, at=at, close_early=form), status=422)


@page
@require_POST
def closed_tomorrow(request: HttpRequest, code: str) -> HttpResponse:
    """Close the whole of tomorrow."""
    store, at = store_for(request.user, code, May.EDIT_HOURS), clock.now()
    step = Step(store, lambda: draft_closed_tomorrow(store=store, at=at), at)
    return propose_or_say_why_not(request, step)


@page
@require_POST
def undo(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Put back what stood before an edit of the last ten minutes."""
    edit = get_object_or_404(edits_of(store_for(request.user, code, May.OVERRIDE)), pk=pk)
    if edit.kind != StoreEdit.Kind.OPEN_LATE:
        store_for(request.user, code, May.EDIT_HOURS)
    try:
        undo_edit(edit=edit, author=cast(User, request.user), at=clock.now())
    except CannotUndo as error:
        messages.error(request, in_words(error))
    else:
        messages.success(request, gettext("Undone. Everything is as it was."))
    return redirect("store", code=code)
