"""Special days from a calendar file: upload, look, write."""

from __future__ import annotations

from typing import BinaryIO, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext

from portal.base.clock import now
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, areas_visible_to, require, store_for
from stores.domain.hours import SpecialKind
from stores.forms.calendars import CalendarFileForm, WideCalendarFileForm
from stores.forms.saving import is_saved
from stores.services.ical_import import CalendarPlan, plan_calendar, write_calendar
from stores.services.import_staging import keep_file, kept_file
from stores.services.special_days import Scope


@page
def store_calendar_import(request: HttpRequest, code: str) -> HttpResponse:
    """Read a calendar file for one store."""
    scope = Scope(store_for(request.user, code, May.EDIT_HOURS))
    if "token" in request.POST:
        return _write(request, scope, reverse("store-special-days", args=[code]))
    form = CalendarFileForm(request.POST or None, request.FILES or None)
    return _preview(request, scope, form)


@page
def holidays_import(request: HttpRequest) -> HttpResponse:
    """Read a calendar file for an area or all stores."""
    require(request.user, May.RUN_FRANCHISE)
    areas = areas_visible_to(request.user)
    area = areas.filter(pk=request.POST["area"]).first() if request.POST.get("area", "").isdigit() else None
    if "token" in request.POST:
        return _write(request, Scope(area=area), reverse("holidays"))
    form = WideCalendarFileForm(request.POST or None, request.FILES or None, areas=areas)
    return _preview(request, Scope(area=area), form)


def _preview(request: HttpRequest, scope: Scope, form: CalendarFileForm) -> HttpResponse:
    """Show the form, or what the file in it would change."""
    context = {"title": gettext("Calendar file"), "form": form, "store": scope.store, "area": scope.area}
    if form.is_valid() and is_saved(form, lambda: context.update(plan=_plan(request, scope, form))):
        plan = cast(CalendarPlan, context["plan"])
        can_write = plan.changes and not plan.problems
        file = cast(BinaryIO, request.FILES["file"])
        token = keep_file(file=file, user=cast(User, request.user)) if can_write else ""
        context |= {"token": token, "all_day": form.cleaned_data["all_day"]}
        return show(request, "stores/calendar_plan.html", context)
    return show(request, "stores/calendar_import.html", context)


def _plan(request: HttpRequest, scope: Scope, form: CalendarFileForm) -> CalendarPlan:
    file = cast(BinaryIO, request.FILES["file"])
    kind, author = SpecialKind(form.cleaned_data["all_day"]), cast(User, request.user)
    return plan_calendar(scope=scope, file=file, all_day=kind, at=now(), author=author)


def _write(request: HttpRequest, scope: Scope, back: str) -> HttpResponse:
    user, at = cast(User, request.user), now()
    kind = SpecialKind.AS_USUAL if request.POST.get("all_day") == SpecialKind.AS_USUAL else SpecialKind.CLOSED
    file = kept_file(token=request.POST["token"], user=user)
    plan = plan_calendar(scope=scope, file=file, all_day=kind, at=at, author=user)
    if not plan.problems:
        write_calendar(scope=scope, plan=plan, author=user, at=at)
        messages.success(request, gettext("%(count)s days are set.") % {"count": len(plan.changes)})
    return redirect(back)
