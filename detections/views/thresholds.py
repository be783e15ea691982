"""The thresholds of a deployment: what is in force, a new set, and the sets before."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from detections.forms.thresholds import SeenForm, SimulatedForm, ThresholdsForm
from detections.models import ThresholdSet
from detections.selectors.threshold_sets import Sheet, history_of, older_set, sheet_of
from detections.services import thresholds as sets
from models_registry.models import Deployment
from models_registry.selectors.deployments import deployment_by_id, zone_shown
from portal.base.errors import NotFound
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, require
from stores.forms.saving import is_saved


@page
def thresholds(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every label with its threshold, and publish a new set."""
    found = _found(request, pk)
    sheet = sheet_of(found)
    form = ThresholdsForm(request.POST or None, sheet=sheet)
    if form.is_valid() and is_saved(form, lambda: _publish(request, found, form)):
        return redirect("thresholds", pk=pk)
    return _shown(request, found, sheet, form)


@page
@require_POST
def roll_back(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Publish an older set again, unless another was published since the page was opened."""
    found = _found(request, pk)
    older = older_set(found, number)
    if older is None:
        raise NotFound(gettext("There is no such set."))
    sheet, form = sheet_of(found), SeenForm(request.POST)
    if form.is_valid() and is_saved(form, lambda: _use_again(request, older, form)):
        return redirect("thresholds", pk=pk)
    return _shown(request, found, sheet, ThresholdsForm(sheet=sheet), refused=form)


@page
@require_POST
def publish_simulated(request: HttpRequest, pk: int) -> JsonResponse:
    """Publish thresholds as the simulator has them: those moved, over the set in force.

    The answer names the page to go to, or says why not, with the number of the set in force.
    """
    found = _found(request, pk)
    current = sheet_of(found).current
    form = SimulatedForm(request.POST, live_version=found.live_version_id)
    if form.is_valid() and is_saved(form, lambda: _publish_moved(request, found, current, form)):
        return JsonResponse({"next": reverse("thresholds", args=[pk])})
    said = [str(error) for errors in form.errors.values() for error in errors]
    return JsonResponse({"error": " ".join(said), "seen": current.number}, status=409)


def _found(request: HttpRequest, pk: int) -> Deployment:
    require(request.user, May.RUN_FRANCHISE)
    found = deployment_by_id(pk)
    if found is None:
        raise NotFound(gettext("There is no such deployment."))
    return found


def _shown(
    request: HttpRequest,
    found: Deployment,
    sheet: Sheet,
    form: ThresholdsForm,
    refused: SeenForm | None = None,
) -> HttpResponse:
    """Render the page; `refused` is a rolling back that did not go through."""
    context = {
        "title": gettext("Thresholds of “%(name)s”") % {"name": found.name},
        "deployment": found,
        "zone": zone_shown(found),
        "sheet": sheet,
        "form": form,
        "refused": refused,
        "history": history_of(found),
    }
    return show(request, "detections/thresholds.html", context)


def _publish(request: HttpRequest, found: Deployment, form: ThresholdsForm) -> None:
    said = form.cleaned_data
    made = sets.publish_set(
        deployment=found,
        draft=form.draft(),
        reason=said["reason"],
        author=cast(User, request.user),
        follows=said["seen"],
    )
    _tell(request, made)


def _publish_moved(
    request: HttpRequest, found: Deployment, current: ThresholdSet, form: SimulatedForm
) -> None:
    said, draft = form.cleaned_data, sets.draft_of(current)
    made = sets.publish_set(
        deployment=found,
        draft=replace(draft, thresholds={**draft.thresholds, **said["thresholds"]}),
        reason=said["reason"],
        author=cast(User, request.user),
        follows=said["seen"],
    )
    _tell(request, made)


def _use_again(request: HttpRequest, older: ThresholdSet, form: SeenForm) -> None:
    reason = gettext("Back to set %(number)s") % {"number": older.number}
    author = cast(User, request.user)
    _tell(request, sets.roll_back(to=older, reason=reason, author=author, follows=form.cleaned_data["seen"]))


def _tell(request: HttpRequest, made: ThresholdSet) -> None:
    messages.success(request, gettext("Set %(number)s is in force.") % {"number": made.number})
