"""Deployments: the list, one with all about it, and the forms that change them."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from models_registry.forms.deployment import DeploymentForm, StoresForm
from models_registry.forms.deployment_override import DeploymentOverrideForm
from models_registry.models import Deployment
from models_registry.selectors import deployments as facts
from models_registry.selectors.safety import safety_of
from models_registry.selectors.spend import month_of
from models_registry.services.deployments import (
    InvalidDeployment,
    assign_stores,
    remove_deployment,
    save_deployment,
    unassign_stores,
)
from models_registry.services.overrides import cancel_override, set_override
from models_registry.wiring import has_scheduler
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.models import User
from portal.base.site import is_fragment, page, show
from stores.access import May, require, stores_visible_to
from stores.forms.saving import is_saved
from stores.services.wording import in_words


@page
def deployments(request: HttpRequest) -> HttpResponse:
    """List deployments by name; HTMX asks for the rows again every so often."""
    require(request.user, May.RUN_FRANCHISE)
    text, after = request.GET.get("q", "").strip(), request.GET.get("after", "")
    only_troubled = "troubled" in request.GET
    month = month_of(stores_visible_to(request.user), at=clock.now())
    found = facts.deployment_page(text=text, only_troubled=only_troubled, after=after, month=month)
    context = {"found": found, "q": text, "only_troubled": only_troubled, "month": month, "after": after}
    name = "_deployments_fragment" if is_fragment(request) else "deployments"
    return show(request, f"models_registry/{name}.html", {"title": gettext("Deployments"), **context})


@page
def deployment(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one deployment."""
    return _detail(request, _found(request, pk))


def _found(request: HttpRequest, pk: int) -> Deployment:
    require(request.user, May.RUN_FRANCHISE)
    found = facts.deployment_by_id(pk)
    if found is None:
        raise NotFound("There is no such deployment.")
    return found


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)


def _title(found: Deployment) -> str:
    return gettext("Deployment “%(name)s”") % {"name": found.name}


def _detail(request: HttpRequest, found: Deployment, *, status: int = 200, **bound: Any) -> HttpResponse:
    """Render a deployment; `bound` holds forms that were refused, so that nothing typed is lost."""
    at, visible = clock.now(), stores_visible_to(request.user)
    q, find = request.GET.get("q", "").strip(), request.GET.get("find", "").strip()
    stores = list(facts.stores_of(found, q))
    month = month_of(facts.stores_of(found), at=at)
    context = {
        "title": _title(found), "deployment": found, "at": at, "q": q, "find": find, "month": month,
        "stores": stores[: facts.SHOWN_STORES], "found_count": len(stores),
        "candidates": facts.stores_to_add(found, visible, find),
        "starts": facts.start_times(found),
        "safety": safety_of(found, has_scheduler=has_scheduler()),
        "overrides": facts.live_overrides(found, at=at), "runs": facts.newest_runs(found),
        "decisions": facts.newest_decisions(found), "spent": facts.spent_in([found], month).get(found.pk),
        "stores_form": StoresForm(stores=visible),
        "override_form": DeploymentOverrideForm(deployment=found, timezone=facts.zone_shown(found), at=at),
    }  # fmt: skip
    return show(request, "models_registry/deployment.html", context | bound, status=status)


@page
def deployment_new(request: HttpRequest) -> HttpResponse:
    """Make a deployment."""
    require(request.user, May.RUN_FRANCHISE)
    return _edit(request, Deployment())


@page
def deployment_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a deployment; a new version takes over when it runs."""
    return _edit(request, _found(request, pk))


def _edit(request: HttpRequest, instance: Deployment) -> HttpResponse:
    title = _title(instance) if instance.pk else gettext("New deployment")
    form = DeploymentForm(request.POST or None, instance=instance)
    if form.is_valid() and is_saved(form, lambda: save_deployment(form.instance)):
        messages.success(request, gettext("The deployment is saved."))
        return redirect("deployment", pk=form.instance.pk)
    return show(request, "models_registry/deployment_form.html", {"title": title, "form": form})


@page
def deployment_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then delete a deployment, or empty one that has runs in the ledger."""
    found, refused = _found(request, pk), ""
    if request.method == "POST":
        try:
            is_deleted = remove_deployment(deployment=found)
        except InvalidDeployment as error:
            refused = in_words(error)
        else:
            said = gettext("“%(name)s” is deleted.") if is_deleted else gettext("“%(name)s” is emptied.")
            messages.success(request, said % {"name": found.name})
            return redirect("deployments")
    context = {
        "title": _title(found),
        "deployment": found,
        "has_run": facts.has_run(found),
        "refused": refused,
    }
    return show(request, "models_registry/deployment_delete.html", context)


@page
@require_POST
def deployment_stores_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a deployment serve more stores."""
    found = _found(request, pk)
    form = StoresForm(request.POST, stores=stores_visible_to(request.user))
    if form.is_valid() and is_saved(form, lambda: _assign(request, found, form)):
        return redirect("deployment", pk=pk)
    return _detail(request, found, stores_form=form)


def _assign(request: HttpRequest, found: Deployment, form: StoresForm) -> None:
    count = assign_stores(deployment=found, stores=form.chosen, move=form.cleaned_data["move"])
    messages.success(request, gettext("%(count)d stores added.") % {"count": count})


@page
@require_POST
def deployment_stores_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a store out of a deployment."""
    found = _found(request, pk)
    chosen = facts.stores_of(found).filter(code__in=request.POST.getlist("code"))
    count = unassign_stores(deployment=found, stores=chosen)
    messages.success(request, gettext("%(count)d stores taken out.") % {"count": count})
    return redirect("deployment", pk=pk)


@page
@require_POST
def deployment_override(request: HttpRequest, pk: int) -> HttpResponse:
    """Run or keep stopped, from – until."""
    found, at = _found(request, pk), clock.now()
    form = DeploymentOverrideForm(request.POST, deployment=found, timezone=facts.zone_shown(found), at=at)
    if form.is_valid() and is_saved(
        form, lambda: set_override(order=form.order(), author=_person(request), at=at)
    ):
        messages.success(request, gettext("The override is set; the portal follows it within seconds."))
        return redirect("deployment", pk=pk)
    return _detail(request, found, override_form=form)


@page
@require_POST
def deployment_override_cancel(request: HttpRequest, pk: int, override: int) -> HttpResponse:
    """Take an override back from now on."""
    at = clock.now()
    own = get_object_or_404(facts.live_overrides(_found(request, pk), at=at), pk=override)
    cancel_override(override=own, author=_person(request), at=at)
    messages.success(request, gettext("The override is taken back."))
    return redirect("deployment", pk=pk)
