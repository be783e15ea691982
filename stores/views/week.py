"""The week of a store, edited as a week."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from portal.base.site import page, show
from stores.access import May, store_for, stores_where
from stores.forms.copying import CopyForm
from stores.forms.saving import is_saved
from stores.forms.week import WeekForm
from stores.services.hours import copy_week, hours_of, save_hours


@page
def store_hours(request: HttpRequest, code: str) -> HttpResponse:
    """Show and replace the week and the buffers."""
    store = store_for(request.user, code, May.EDIT_HOURS)
    form = WeekForm(request.POST or None, now=hours_of(store))
    if form.is_valid() and is_saved(form, lambda: save_hours(**form.order(store))):
        messages.success(request, gettext("The hours are saved."))
        return redirect("store-hours", code=code)
    context = {"title": gettext("Opening hours"), "store": store, "form": form, "copy_form": CopyForm(store)}
    return show(request, "stores/week.html", context)


@page
@require_POST
def copy_hours(request: HttpRequest, code: str) -> HttpResponse:
    """Give the saved week to other stores that this person may edit."""
    store = store_for(request.user, code, May.EDIT_HOURS)
    form = CopyForm(store, request.POST, editable=stores_where(request.user, May.EDIT_HOURS))
    if form.is_valid():
        count = copy_week(source=store, targets=form.targets)
        messages.success(
            request, gettext("The week was copied: %(count)s stores changed.") % {"count": count}
        )
    for errors in form.errors.values():
        messages.error(request, " ".join(map(str, errors)))
    return redirect("store-hours", code=code)
