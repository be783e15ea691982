"""Headquarters' desk of holiday proposals."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from portal.base.clock import now
from portal.base.site import page, show
from stores.access import May, require, stores_visible_to
from stores.forms.holidays import HolidayForm
from stores.selectors.holidays import proposal_desk
from stores.selectors.special_days import answered_holidays, wider_days
from stores.services.holidays import answer_for_areas
from stores.services.special_days import latest_today, remove_special_day


@page
def holidays(request: HttpRequest) -> HttpResponse:
    """Show the holidays of the next 120 days that await an answer, and answer those that are ticked."""
    require(request.user, May.RUN_FRANCHISE)
    at, language, stores = now(), get_language() or "", stores_visible_to(request.user)
    today = latest_today(at=at)
    desk = proposal_desk(stores, today=today, language=language)
    form = HolidayForm(request.POST or None, desk=desk)
    if form.is_valid():
        count = answer_for_areas(**form.order(request.user), stores=stores, at=at, language=language)
        messages.success(request, gettext("%(count)s holidays of areas are answered.") % {"count": count})
        return redirect("holidays")
    context = {"form": form, "desk": desk, "answered": answered_holidays(today=today)}
    return show(request, "stores/holidays.html", {"title": gettext("Holiday proposals"), **context})


@page
@require_POST
def remove_holiday(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an answer for an area back, so that the holiday is proposed again."""
    require(request.user, May.RUN_FRANCHISE)
    remove_special_day(day=get_object_or_404(wider_days(), pk=pk), at=now())
    messages.success(request, gettext("The answer is taken back; the holiday is proposed again."))
    return redirect("holidays")
