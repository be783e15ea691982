"""How a deployment's runs are divided over its stores, from which day on."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from models_registry.domain.allocation import InvalidAllocation
from models_registry.forms.allocation import AllocationForm
from models_registry.models import Deployment
from models_registry.selectors import deployments as facts
from models_registry.selectors.allocation import rules_shown
from models_registry.services.allocation import remove_rule, save_rule
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.site import page, show
from stores.access import May, require
from stores.domain.localtime import local_date
from stores.forms.saving import is_saved
from stores.services.wording import in_words


@page
def allocation(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the rules of a deployment, and let another follow."""
    found, today = _found(request, pk)
    rules = rules_shown(found, today=today)
    form = AllocationForm(
        request.POST or None, stores=list(facts.stores_of(found)), known=rules.percents,
        initial={"rule": rules.present, "valid_from": today},
    )  # fmt: skip
    if form.is_valid() and is_saved(form, lambda: _save(found, form, today)):
        messages.success(request, gettext("The rule is saved."))
        return redirect("deployment-allocation", pk=pk)
    title = gettext("Who pays for “%(name)s”") % {"name": found.name}
    context = {"title": title, "deployment": found, "form": form, "rules": rules, "today": today}
    return show(request, "models_registry/allocation.html", context)


def _found(request: HttpRequest, pk: int) -> tuple[Deployment, date]:
    require(request.user, May.RUN_FRANCHISE)
    found = facts.deployment_by_id(pk)
    if found is None:
        raise NotFound(gettext("There is no such deployment."))
    return found, local_date(facts.zone_shown(found), clock.now())


def _save(found: Deployment, form: AllocationForm, today: date) -> None:
    rule, valid_from, percents = form.said()
    save_rule(deployment=found, rule=rule, valid_from=valid_from, percents=percents, today=today)


@page
@require_POST
def allocation_remove(request: HttpRequest, pk: int, rule: int) -> HttpResponse:
    """Take a rule back that has not begun."""
    found, today = _found(request, pk)
    own = get_object_or_404(found.allocation_rules, pk=rule)
    try:
        remove_rule(rule=own, today=today)
        messages.success(request, gettext("The rule is taken back."))
    except InvalidAllocation as error:
        messages.error(request, in_words(error))
    return redirect("deployment-allocation", pk=pk)
