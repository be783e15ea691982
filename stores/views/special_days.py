"""A day on which a store differs from its week, taken back. Setting one is `portal.home.views.hours`."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from portal.base.clock import now
from portal.base.site import page
from stores.access import May, store_for
from stores.forms.special_day import undo_text
from stores.selectors.special_days import own_days
from stores.services.special_days import remove_special_day


@page
@require_POST
def remove_day(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Take one of the store's own days back, and offer to undo that."""
    store = store_for(request.user, code, May.EDIT_HOURS)
    day = get_object_or_404(own_days(store), pk=pk)
    facts = remove_special_day(day=day, at=now())
    return redirect(f"{reverse('store-special-days', args=[code])}?undo={undo_text(facts)}")
