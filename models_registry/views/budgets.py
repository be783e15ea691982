"""Budgets: how their months stand, who asked for more, and (for headquarters) setting them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from models_registry.forms.budgets import BudgetForm, months_ahead
from models_registry.models import Budget
from models_registry.selectors.budgets import all_budgets, budget_states, past_requests, waiting_requests
from models_registry.selectors.spend import month_of
from models_registry.services.budgets import remove_budget, set_budget
from models_registry.services.override_requests import AlreadyAnswered, grant, refuse
from models_registry.templatetags.registry import month_name
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, is_headquarters, require, stores_visible_to

UNDO_SALT = "models_registry.budget-undo"
UNDO_SECONDS = 600
ACTS = {"grant": grant, "refuse": refuse}


@page
def budgets(request: HttpRequest) -> HttpResponse:
    """Show the budgets of the stores a person may see, and what waits for an answer."""
    return _budgets(request, clock.now())


def _budgets(
    request: HttpRequest, at: datetime, form: BudgetForm | None = None, *, status: int = 200
) -> HttpResponse:
    visible = stores_visible_to(request.user)
    if not visible.exists():
        require(request.user, May.RUN_FRANCHISE)
    runs_franchise = is_headquarters(request.user)
    context = {
        "title": gettext("Budgets"), "at": at, "runs_franchise": runs_franchise,
        "states": budget_states(visible, at=at),
        "waiting": waiting_requests(visible, at=at), "past": past_requests(visible, at=at),
        "all_budgets": all_budgets() if runs_franchise else [],
        "form": (form or _form(request, at)) if runs_franchise else None,
        "codes": visible.order_by("code").values_list("code", "name")[:500] if runs_franchise else [],
        "removed": _removed(request) if runs_franchise else None,
    }  # fmt: skip
    return show(request, "models_registry/budgets.html", context, status=status)


def _form(request: HttpRequest, at: datetime, data: Any = None) -> BudgetForm:
    visible = stores_visible_to(request.user)
    months = [(f"{on:%Y-%m}", month_name(on)) for on in months_ahead(month_of(visible, at=at))]
    return BudgetForm(data, stores=visible, months=months)


@page
@require_POST
def budget_set(request: HttpRequest) -> HttpResponse:
    """Set a budget from a month on."""
    require(request.user, May.RUN_FRANCHISE)
    at = clock.now()
    form = _form(request, at, request.POST)
    if not form.is_valid():
        return _budgets(request, at, form, status=422)
    set_budget(order=form.order(), author=cast(User, request.user))
    messages.success(request, gettext("The budget is set."))
    return redirect("budgets")


@page
@require_POST
def budget_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a budget away; the page offers it back for ten minutes."""
    require(request.user, May.RUN_FRANCHISE)
    budget = get_object_or_404(all_budgets(), pk=pk)
    kept = signing.dumps(_as_typed(budget), salt=UNDO_SALT)
    remove_budget(budget=budget)
    return redirect(f"{reverse('budgets')}?removed={kept}")


def _as_typed(budget: Budget) -> dict[str, Any]:
    """Return a budget as the form would send it."""
    return {
        "area": budget.area_id or "",
        "store": budget.store.code if budget.store else "",
        "usd_per_month": str(budget.usd_per_month),
        "valid_from": f"{budget.valid_from:%Y-%m}",
        "action": budget.action,
    }


def _removed(request: HttpRequest) -> dict[str, Any] | None:
    """Return the budget that was just taken away, if the address still remembers it."""
    try:
        kept: dict[str, Any] = signing.loads(
            request.GET.get("removed", ""), salt=UNDO_SALT, max_age=UNDO_SECONDS
        )
    except signing.BadSignature:
        return None
    return kept


@page
@require_POST
def override_request_answer(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Grant or refuse an override that waits."""
    require(request.user, May.RUN_FRANCHISE)
    if act not in ACTS:
        raise NotFound(gettext("There is no such answer."))
    at = clock.now()
    asked = get_object_or_404(waiting_requests(stores_visible_to(request.user), at=at), pk=pk)
    try:
        ACTS[act](request=asked, by=cast(User, request.user), at=at)
    except AlreadyAnswered as error:
        messages.info(request, error.message)
    else:
        is_granted = act == "grant"
        messages.success(
            request, gettext("Granted; the override is set.") if is_granted else gettext("Refused.")
        )
    return redirect("budgets")
