"""Headquarters' bounds: who may do how much, and who lies outside."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from portal.base.clock import now
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, areas_visible_to, require, stores_visible_to
from stores.forms.bounds import BoundsForm
from stores.forms.saving import is_saved
from stores.selectors.bounds import all_bounds, deviating
from stores.services.bounds import set_bounds


@page
def bounds(request: HttpRequest) -> HttpResponse:
    """Show every scope's bounds and the stores outside theirs; set the bounds of one scope."""
    require(request.user, May.RUN_FRANCHISE)
    stores, rows = stores_visible_to(request.user), all_bounds()
    chosen = next((row for row in rows if str(row.pk) == request.GET.get("row")), None)
    scopes: dict[str, Any] = {"areas": areas_visible_to(request.user), "stores": stores}
    form = BoundsForm(request.POST or None, row=chosen, **scopes)
    author = cast(User, request.user)
    if form.is_valid() and is_saved(form, lambda: set_bounds(**form.order(), author=author, at=now())):
        messages.success(request, gettext("The bounds are saved."))
        return redirect("bounds")
    found, count = deviating(stores)
    context = {"title": gettext("Bounds"), "form": form, "rows": rows, "chosen": chosen}
    return show(request, "stores/bounds.html", {**context, "deviating": found, "deviating_count": count})
