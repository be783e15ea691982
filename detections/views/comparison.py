"""Two versions on the same pictures, a trial on stored photos, and the better one's way into the stores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from detections.domain.evaluation.snapshot import WHAT_TO_DO
from detections.models import VersionComparison
from detections.selectors.comparisons import (
    Told,
    comparison_of,
    deployments_of,
    pair_at,
    rivals_of,
    size_of,
    told_by,
    trial_of,
)
from detections.services.comparing import ask_for
from detections.views.comparison_pictures import drawn, tile
from detections.views.comparison_words import change_told, failures_told
from models_registry.domain.trial import TRIAL_SENTENCES, TrialWhy
from models_registry.models import Deployment, ModelVersion, Trial
from models_registry.selectors.spend import zone_of
from models_registry.services.deployments import InvalidDeployment
from models_registry.services.promotions import promote
from models_registry.services.trials import LONGEST, finish_trial, start_trial
from models_registry.wiring import open_buckets
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.models import User
from portal.base.site import is_fragment, page, show
from stores.access import May, is_headquarters, require, stores_visible_to
from stores.services.wording import in_words

SHOWN = 60
AFTER_TRIAL = timedelta(minutes=30)
"""What a trial may take longer than expected: starts take 4 to 30 minutes."""


@dataclass(frozen=True, slots=True)
class _Rivals:
    new: ModelVersion
    old: ModelVersion | None
    row: VersionComparison | None
    told: Told | None


@page
def comparison(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a version beside a live one; HTMX asks again while something is under way."""
    rivals = _rivals(request, pk)
    at = clock.now()
    deployments = deployments_of(rivals.old) if rivals.old else []
    trials = [(each, trial_of(rivals.new, each, at=at)) for each in deployments]
    is_busy = bool(rivals.row and rivals.row.is_waiting) or any(facts.is_open for _, facts in trials)
    told = rivals.told
    context: dict[str, Any] = {
        "title": gettext("%(version)s compared") % {"version": rivals.new.name},
        "version": rivals.new, "old": rivals.old, "row": rivals.row, "told": told, "now": at,
        "rivals": rivals_of(rivals.new)[:50], "is_busy": is_busy, "trials": _trials(trials),
        "failures": failures_told(told.failures) if told else [],
        "sections": _sections(told, rivals) if told else [],
        "problem": gettext(WHAT_TO_DO.get(rivals.row.problem, "")) if rivals.row else "",
        "may_promote": is_headquarters(request.user), "zone": zone_of(stores_visible_to(request.user)),
    }  # fmt: skip
    name = "_comparison" if is_fragment(request) else "comparison"
    return show(request, f"detections/{name}.html", context)


@page
@require_POST
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the comparison, or for the same again."""
    rivals = _rivals(request, pk)
    if rivals.old is None:
        messages.info(request, gettext("There is no other version to compare with."))
        return redirect("version-compare", pk=pk)
    ask_for(old=rivals.old, new=rivals.new, author=cast(User, request.user), at=clock.now())
    return _back(rivals)


@page
def comparison_picture(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """Show one picture with what is true, what the old version says, and what the new one says."""
    rivals = _rivals(request, pk)
    changes = rivals.told.changes if rivals.told else ()
    changed = changes[place] if place < len(changes) else None
    if rivals.old is None or changed is None:
        raise NotFound(gettext("There is no such picture in this comparison."))
    objects = partial(open_buckets, rivals.new.project.connection)
    pair = pair_at(changed, rivals.old, rivals.new, open_objects=objects)
    if pair is None:
        raise NotFound(gettext("This picture is not to be had any more. Compare again."))
    alike = [each.place for each in changes if each.change is changed.change]
    index = alike.index(place)
    width, height = size_of(rivals.new, pair, open_objects=objects)
    context = {
        "title": change_told(changed.change), "version": rivals.new, "old": rivals.old, "pair": pair,
        "panels": drawn(rivals.old, rivals.new, pair), "width": width, "height": height,
        "picture": tile(rivals.new, changed, is_small=False)["picture"], "photo": changed.photo,
        "index": index + 1, "count": len(alike),
        "previous": alike[index - 1] if index else None,
        "next": alike[index + 1] if index + 1 < len(alike) else None,
    }  # fmt: skip
    return show(request, "detections/comparison_picture.html", context)


@page
@require_POST
def trial_start(request: HttpRequest, pk: int, deployment: int) -> HttpResponse:
    """Run the version beside a deployment to look at stored photos."""
    require(request.user, May.RUN_FRANCHISE)
    rivals = _rivals(request, pk)
    beside, at = _deployment(rivals, deployment), clock.now()
    until = at + min(LONGEST, trial_of(rivals.new, beside, at=at).length + AFTER_TRIAL)
    try:
        start_trial(
            deployment=beside, version=rivals.new, author=cast(User, request.user), until=until, at=at
        )
    except InvalidDeployment as error:
        messages.error(request, in_words(error))
    return _back(rivals)


@page
@require_POST
def trial_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """End a trial before its time."""
    require(request.user, May.RUN_FRANCHISE)
    trial = Trial.objects.filter(pk=pk).select_related("deployment", "version__project__connection").first()
    if trial is None:
        raise NotFound(gettext("There is no such trial."))
    if not finish_trial(trial=trial, why=TrialWhy.CANCELLED):
        messages.info(request, gettext("The trial is over already."))
    return redirect("version-compare", pk=trial.version_id)


@page
@require_POST
def version_promote(request: HttpRequest, pk: int, deployment: int) -> HttpResponse:
    """Put the version into a deployment's stores; a gate that was not passed asks for a second person."""
    require(request.user, May.RUN_FRANCHISE)
    rivals = _rivals(request, pk)
    told, target = rivals.told, _deployment(rivals, deployment)
    if told is None or (rivals.row and rivals.row.is_waiting):
        messages.error(request, gettext("Compare the two first: nobody knows yet what would get worse."))
        return _back(rivals)
    if told.broken and request.POST.get("seen") != "on":
        messages.error(request, gettext("Look at the pictures that got worse first, and say that you did."))
        return _back(rivals)
    try:
        promote(
            deployment=target, version=rivals.new, reason=request.POST.get("reason", ""),
            author=cast(User, request.user), at=clock.now(), failures=told.failures,
        )  # fmt: skip
    except InvalidDeployment as error:
        messages.error(request, in_words(error))
        return _back(rivals)
    return redirect("deployment-changes", pk=target.pk)


def _rivals(request: HttpRequest, pk: int) -> _Rivals:
    """Return the version, the one that `with` names or the first live one, and their comparison."""
    require(request.user, May.REVIEW)
    new = ModelVersion.objects.filter(pk=pk).select_related("project__connection").first()
    if new is None:
        raise NotFound(gettext("There is no such model version among yours."))
    others, named = rivals_of(new), request.GET.get("with", "") or request.POST.get("with", "")
    if named.isascii() and named.isdigit() and len(named) < 19:
        others = others.filter(pk=int(named))
    old = others.first()
    row = comparison_of(old, new) if old else None
    return _Rivals(new, old, row, told_by(row) if row else None)


def _deployment(rivals: _Rivals, pk: int) -> Deployment:
    found = next((each for each in deployments_of(rivals.old) if each.pk == pk), None) if rivals.old else None
    if found is None:
        raise NotFound(gettext("This deployment serves another version meanwhile."))
    return found


def _back(rivals: _Rivals) -> HttpResponseRedirect:
    address = reverse("version-compare", args=[rivals.new.pk])
    return HttpResponseRedirect(f"{address}?with={rivals.old.pk}" if rivals.old else address)


def _trials(trials: list[Any]) -> list[dict[str, Any]]:
    return [
        {
            "deployment": deployment, "facts": facts,
            "why": gettext(TRIAL_SENTENCES.get(facts.row.why, "")) if facts.row else "",
            "share": 100 * facts.looked // facts.most if facts.most else 0,
        }
        for deployment, facts in trials
    ]  # fmt: skip


def _sections(told: Told, rivals: _Rivals) -> list[dict[str, Any]]:
    """Return broken, fixed and still wrong pictures, each with the first so many tiles."""
    kinds = (("broken", told.broken), ("fixed", told.fixed), ("still", told.still_wrong))
    return [
        {
            "name": name, "title": change_told(found[0].change), "count": len(found),
            "tiles": [tile(rivals.new, each, is_small=True) for each in found[:SHOWN]],
        }
        for name, found in kinds if found
    ]  # fmt: skip
