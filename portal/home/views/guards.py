"""Headquarters' guards: “never stop” and “never start”, set, renewed and lifted on one page."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from models_registry.domain.guards import InvalidGuard
from models_registry.forms.guards import GuardForm, RenewForm, end_of, last_day, zone_of_guard
from models_registry.models import Guard
from models_registry.selectors.owner import all_guards
from models_registry.services.guards import lift_guard, renew_guard, set_guard
from portal.base import clock
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, require, stores_visible_to
from stores.forms.saving import is_saved
from stores.services.wording import in_words


@page
def guards(request: HttpRequest) -> HttpResponse:
    """List the guards that hold, and set one."""
    require(request.user, May.RUN_FRANCHISE)
    at = clock.now()
    initial = {name: request.GET[name] for name in ("store", "deployment") if name in request.GET}
    form = GuardForm(request.POST or None, stores=stores_visible_to(request.user), at=at, initial=initial)
    author = cast(User, request.user)
    if form.is_valid() and is_saved(form, lambda: set_guard(order=form.order(), author=author, at=at)):
        messages.success(request, gettext("The guard is set; the portal follows it within seconds."))
        return redirect("guards")
    rows = [(guard, last_day(guard)) for guard in all_guards(at=at)]
    context = {"title": gettext("Guards"), "form": form, "rows": rows, "now": at}
    return show(request, "home/guards.html", context)


@page
@require_POST
def guard_act(request: HttpRequest, pk: int) -> HttpResponse:
    """Lift a guard, or let it end on another day."""
    require(request.user, May.RUN_FRANCHISE)
    at, author = clock.now(), cast(User, request.user)
    guard = get_object_or_404(all_guards(at=at), pk=pk)
    if "lift" in request.POST:
        lift_guard(guard=guard, author=author, at=at)
        messages.success(request, gettext("The guard is lifted. The plan holds again."))
    else:
        _renew(request, guard, author)
    return redirect("guards")


def _renew(request: HttpRequest, guard: Guard, author: User) -> None:
    form = RenewForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Choose a day."))
        return
    ends_at = end_of(form.cleaned_data["until"], zone_of_guard(guard))
    try:
        renew_guard(guard=guard, ends_at=ends_at, author=author, at=clock.now())
    except InvalidGuard as error:
        messages.error(request, in_words(error))
    else:
        messages.success(request, gettext("The guard is renewed."))
