"""The days on which a store differs from its week."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from portal.base.clock import now
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, store_for
from stores.forms.saving import is_saved
from stores.forms.special_day import SpecialDayForm, initial_day, read_undo, undo_text
from stores.models import Store
from stores.selectors.day_changes import recent_changes_of
from stores.selectors.holidays import proposals_for
from stores.selectors.special_days import days_ahead, own_days
from stores.services.special_days import Scope, remove_special_day, set_special_day, today_of


@page
def special_days(request: HttpRequest, code: str) -> HttpResponse:
    """List the days ahead and set one; a holiday is answered here too."""
    store, at = store_for(request.user, code, May.EDIT_HOURS), now()
    today = today_of(Scope(store), at=at)
    form = SpecialDayForm(request.POST or None, initial=initial_day(request.GET, store, today))
    if form.is_valid() and is_saved(form, lambda: set_special_day(**form.order(store, request.user), at=at)):
        messages.success(request, gettext("The day is saved."))
        return redirect("store-special-days", code=code)
    context = {"title": gettext("Special days"), "store": store, "form": form}
    return show(request, "stores/special_days.html", context | _ahead(request, store, today))


def _ahead(request: HttpRequest, store: Store, today: date) -> dict[str, Any]:
    """Return what the page shows below the form."""
    return {
        "today": today,
        "tomorrow": today + timedelta(days=1),
        "days": days_ahead(store, today=today),
        "proposals": proposals_for(store, today=today, language=get_language() or ""),
        "changes": recent_changes_of(store, cast(User, request.user), at=now()),
        "undo": read_undo(request.GET.get("undo", "")),
    }


@page
@require_POST
def remove_day(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take one of the store's own days back, and offer to undo that."""
    store = store_for(request.user, code, May.EDIT_HOURS)
    day = get_object_or_404(own_days(store), pk=pk)
    facts = remove_special_day(day=day, at=now())
    return redirect(f"{reverse('store-special-days', args=[code])}?undo={undo_text(facts)}")
