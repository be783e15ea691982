"""The week of one store given to others."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from portal.base.models import User
from portal.base.site import page
from stores.access import May, store_for, stores_where
from stores.forms.copying import CopyForm
from stores.forms.saving import is_saved
from stores.models import Store
from stores.services.hours import copy_week


@page
@require_POST
def copy_hours(request: HttpRequest, code: str) -> HttpResponse:
    """Give the saved week to other stores that this person may edit."""
    store = store_for(request.user, code, May.EDIT_HOURS)
    form = CopyForm(store, request.POST, editable=stores_where(request.user, May.EDIT_HOURS))
    if form.is_valid() and is_saved(form, lambda: _copy(request, store, form)):
        return redirect("store-hours", code=code)
    for errors in form.errors.values():
        messages.error(request, " ".join(map(str, errors)))
    return redirect("store-hours", code=code)


def _copy(request: HttpRequest, store: Store, form: CopyForm) -> None:
    count = copy_week(source=store, targets=form.targets, author=cast("User", request.user))
    messages.success(request, gettext("The week was copied: %(count)s stores changed.") % {"count": count})
