"""The week of a store and the days that differ from it: shown with their price before they are saved."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, cast

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext

from models_registry.services.drafts import draft_day, draft_week
from portal.base import clock
from portal.base.errors import InvalidInput
from portal.base.models import User
from portal.base.site import page, show
from portal.home.proposing import EDIT, Step, propose, undo_context
from stores.access import May, store_for
from stores.forms.copying import CopyForm
from stores.forms.special_day import SpecialDayForm, initial_day, read_undo
from stores.forms.week import WeekForm
from stores.models import Store
from stores.selectors.day_changes import recent_changes_of
from stores.selectors.holidays import proposals_for
from stores.selectors.special_days import days_ahead
from stores.services.hours import hours_of
from stores.services.special_days import Scope, today_of
from stores.services.wording import in_words


@page
def store_hours(request: HttpRequest, code: str) -> HttpResponse:
    """Show the week and the buffers; show what others would change, then replace them."""
    store, at = store_for(request.user, code, May.EDIT_HOURS), clock.now()
    form = WeekForm(request.POST or None, now=hours_of(store))
    if form.is_valid() and EDIT not in request.POST:
        step = Step(store, lambda: draft_week(**form.order(store)), at, "store-hours", can_edit=True)
        if (answer := _proposed(request, form, step)) is not None:
            return answer
    context = {"title": gettext("Opening hours"), "store": store, "form": form, "copy_form": CopyForm(store)}
    return show(request, "stores/week.html", context | undo_context(store, at=at))


@page
def special_days(request: HttpRequest, code: str) -> HttpResponse:
    """List the days ahead and set one; a holiday is answered here too."""
    store, at = store_for(request.user, code, May.EDIT_HOURS), clock.now()
    today = today_of(Scope(store), at=at)
    form = SpecialDayForm(request.POST or None, initial=initial_day(request.GET, store, today))
    if form.is_valid() and EDIT not in request.POST:
        facts = form.order(store, request.user)["facts"]
        step = Step(
            store, lambda: draft_day(store=store, facts=facts), at, "store-special-days", can_edit=True
        )
        if (answer := _proposed(request, form, step)) is not None:
            return answer
    context = {"title": gettext("Special days"), "store": store, "form": form}
    return show(request, "stores/special_days.html", context | _ahead(request, store, today, at))


def _proposed(request: HttpRequest, form: BaseForm, step: Step) -> HttpResponse | None:
    """Propose what a form says; put a refusal on top of the form."""
    try:
        return propose(request, step)
    except InvalidInput as error:
        form.add_error(None, in_words(error))
        return None


def _ahead(request: HttpRequest, store: Store, today: date, at: datetime) -> dict[str, Any]:
    """Return what the page of special days shows below the form."""
    return {
        "today": today,
        "tomorrow": today + timedelta(days=1),
        "days": days_ahead(store, today=today),
        "proposals": proposals_for(store, today=today, language=get_language() or ""),
        "changes": recent_changes_of(store, cast(User, request.user), at=at),
        "undo": read_undo(request.GET.get("undo", "")),
        **undo_context(store, at=at),
    }
