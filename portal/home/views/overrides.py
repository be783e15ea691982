"""A store's people against the plan: every word has an end and can be taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from models_registry.domain.overrides import OverrideKind
from models_registry.forms.overrides import ControlForm, KeepStoppedForm
from models_registry.selectors.store_page import RUN_NOW, own_overrides
from models_registry.services.overrides import OverrideOrder, cancel_override, set_override
from portal.base import clock
from portal.base.models import User
from portal.base.showing import show_instant
from portal.base.site import page, show
from portal.home.asking import within_budget
from portal.home.proposing import refuse
from portal.home.store_context import page_context
from stores.access import May, store_for
from stores.domain.bounds import OutOfBounds
from stores.domain.control import Control
from stores.forms.saving import is_saved
from stores.models import Store
from stores.services.stores import set_control
from stores.services.wording import in_words


@page
@require_POST
@within_budget
def run_now(request: HttpRequest, code: str) -> HttpResponse:
    """Start the model now, for two hours."""
    store = store_for(request.user, code, May.OVERRIDE)
    at = clock.now()
    order = OverrideOrder(OverrideKind.RUN, at, at + RUN_NOW, gettext("Started by hand"), store=store)
    try:
        made = set_override(order=order, author=_person(request), at=at)
    except OutOfBounds as error:
        return refuse(request, store, [in_words(error)])
    return _done(request, store, gettext("The model is started and kept until %(until)s."), made.ends_at, at)


@page
@require_POST
def keep_stopped(request: HttpRequest, code: str) -> HttpResponse:
    """Stop the model and keep it off until an instant."""
    store = store_for(request.user, code, May.OVERRIDE)
    at = clock.now()
    form = KeepStoppedForm(request.POST, store=store, at=at)
    if not form.is_valid():
        return _again(request, store, at, keep_stopped=form)
    until, why = form.cleaned_data["until"], form.cleaned_data["why"]
    order = OverrideOrder(OverrideKind.STOP, at, until, why, store=store)
    if not is_saved(form, lambda: set_override(order=order, author=_person(request), at=at)):
        return _again(request, store, at, keep_stopped=form)
    return _done(request, store, gettext("The model stays off until %(until)s."), until, at)


@page
@require_POST
def take_back(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take one of the store's overrides back; the plan holds again."""
    store = store_for(request.user, code, May.OVERRIDE)
    override = get_object_or_404(own_overrides(store), pk=pk)
    try:
        is_live = cancel_override(override=override, author=_person(request), at=clock.now())
    except OutOfBounds as error:
        messages.error(request, in_words(error))
        return redirect("store", code=code)
    if is_live:
        messages.success(request, gettext("Taken back. The opening hours decide again."))
    else:
        messages.info(request, gettext("It was over already."))
    return redirect("store", code=code)


@page
@require_POST
def change_control(request: HttpRequest, code: str) -> HttpResponse:
    """Say who turns the store's model on and off."""
    store = store_for(request.user, code, May.CONTROL)
    form = ControlForm(request.POST)
    if not form.is_valid():
        return _again(request, store, clock.now(), control=form)
    if set_control(store=store, control=Control(form.cleaned_data["control"])):
        messages.success(request, gettext("Control is now: %(how)s.") % {"how": store.get_control_display()})
    return redirect("store", code=code)


def _person(request: HttpRequest) -> User:
    """Return who is signed in: `page` lets nobody else in."""
    return cast("User", request.user)


def _done(request: HttpRequest, store: Store, text: str, until: datetime, at: datetime) -> HttpResponse:
    messages.success(request, text % {"until": show_instant(until, store.timezone, now=at)})
    return redirect("store", code=store.code)


def _again(request: HttpRequest, store: Store, at: datetime, **form: Any) -> HttpResponse:
    """Show the page again with what was typed and what is wrong with it."""
    return show(request, "home/store.html", page_context(request, store, at=at, **form), status=422)
