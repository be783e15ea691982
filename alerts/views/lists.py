"""What is wrong now, and what was."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from alerts.access import (
    alert_for,
    alerts_actable_by,
    alerts_visible_to,
    keeps_channels,
    may_act_on,
    open_alerts_of,
)
from alerts.forms.lists import SNOOZES, ActForm, AlertFilterForm
from alerts.models import Alert
from alerts.selectors.lists import chosen_alerts, open_count, open_page, past_page
from alerts.selectors.story import story_of
from alerts.services.acting import acknowledge, hand_back, snooze, write_note
from portal.base import clock
from portal.base.models import User
from portal.base.site import is_fragment, page, show
from stores.access import areas_visible_to, is_headquarters, stores_visible_to


@page
def alerts(request: HttpRequest) -> HttpResponse:
    """Show open alerts, the worst first, or those that are over, a page at a time."""
    at, form = clock.now(), _form(request)
    is_past = request.GET.get("show") == "past"
    chosen = chosen_alerts(alerts_visible_to(request.user), form.chosen)
    read = past_page if is_past else open_page
    found = read(chosen, after=request.GET.get("after", ""))
    context = {
        "form": form, "found": found, "now": at, "is_past": is_past, "query": _query(request, "after"),
        "tabs": _query(request, "after", "show"), "is_filtered": bool(_query(request, "after", "show")),
        "snoozes": SNOOZES, "keeps_channels": keeps_channels(request.user),
    }  # fmt: skip
    if is_fragment(request):
        return render(request, "alerts/_list.html", context)
    return show(request, "alerts/list.html", {"title": gettext("Alerts"), **context})


def _form(request: HttpRequest) -> AlertFilterForm:
    return AlertFilterForm(
        request.GET,
        areas=areas_visible_to(request.user),
        stores=stores_visible_to(request.user),
        user_id=cast(int, request.user.pk),
    )


def _query(request: HttpRequest, *without: str) -> str:
    """Return the filters as they stand in the address."""
    said = request.GET.copy()
    for name in without:
        said.pop(name, None)
    return said.urlencode()


@page
def alert(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one alert: what is wrong, what to do, what was done, who was told."""
    found, at = alert_for(request.user, pk), clock.now()
    context = {
        "alert": found,
        "now": at,
        "story": story_of(found),
        "may_act": may_act_on(request.user, found),
        "is_headquarters": is_headquarters(request.user),
        "snoozes": SNOOZES,
    }
    return show(request, "alerts/alert.html", {"title": str(gettext("Alert")), **context})


@page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Do something with several alerts; those that are not this person's to act on are left alone."""
    form, at = ActForm(request.POST), clock.now()
    if form.is_valid():
        mine = alerts_actable_by(request.user).filter(pk__in=form.cleaned_data["alert"])
        chosen = Alert.objects.filter(pk__in=list(mine.values_list("pk", flat=True)))
        messages.success(request, _done(request, form, chosen, at))
    return redirect(_back(request))


def _done(request: HttpRequest, form: ActForm, chosen: Any, at: datetime) -> str:
    """Do it, and return how it is told."""
    author, note = cast(User, request.user), form.cleaned_data["note"]
    match form.cleaned_data["act"]:
        case "snooze":
            count = snooze(alerts=chosen, author=author, until=form.until(at), at=at)
            said = ngettext("%(count)s alert is snoozed.", "%(count)s alerts are snoozed.", count)
        case "hand_back":
            count = hand_back(alerts=chosen, author=author, note=note, at=at)
            said = ngettext("%(count)s alert is handed back.", "%(count)s alerts are handed back.", count)
        case _:
            count = acknowledge(alerts=chosen, author=author, note=note, at=at)
            said = ngettext("You took %(count)s alert on.", "You took %(count)s alerts on.", count)
    return said % {"count": count}


@page
@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a note on an alert, open or over."""
    found = alert_for(request.user, pk)
    text = request.POST.get("note", "").strip()
    if text:
        write_note(alert=found, author=cast(User, request.user), note=text, at=clock.now())
    return redirect("alert", pk=pk)


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if wanted and is_ours else reverse("alerts")


@page
def bell(request: HttpRequest) -> HttpResponse:
    """Return the bell of the chrome with its count, which the page loads by itself."""
    count = open_count(open_alerts_of(request.user))
    return render(request, "alerts/_bell.html", {"bell": count})
