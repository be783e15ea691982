"""Training sets: the draft of a project, its submission, and its way to a version with figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from detections.domain.training.aws_words import line_sentence, training_sentence
from detections.domain.training.pictures import Split, UnreadableSet
from detections.domain.training.states import InvalidSet
from detections.models import TrainingSet
from detections.selectors.brought import Show, counts_of
from detections.selectors.drafts import base_of, change_of, draft_of, open_projects, set_by_id, sets_of
from detections.selectors.training_sets import progress_of
from detections.services import teaching
from detections.views.training_words import links_of, sides_to_load, told
from models_registry.domain.objects import ObjectStoreError
from models_registry.models import Project
from models_registry.selectors.spend import zone_of
from models_registry.wiring import open_buckets
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.models import User
from portal.base.site import is_fragment, page, show
from stores.access import May, require, stores_visible_to
from stores.services.wording import in_words

SHOWN = 12
"""So many breads are listed at once; the others are folded."""


@page
def training(request: HttpRequest) -> HttpResponse:
    """Show the projects; the only one is opened at once."""
    require(request.user, May.REVIEW)
    projects = list(open_projects())
    if len(projects) == 1:
        return redirect("training-project", pk=projects[0].pk)
    context = {"title": gettext("Training"), "projects": projects}
    return show(request, "detections/training.html", context)


@page
def training_project(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a project's draft with its health check, and its earlier sets."""
    project = project_to_teach(request, pk)
    draft = draft_of(project, at=clock.now())
    context = {
        "title": gettext("Teach “%(project)s”") % {"project": project.name},
        "project": project, "draft": draft, "found": told(draft.findings, links_of(project, draft)),
        "learnt": draft.count(Split.TRAIN), "judged": draft.count(Split.TEST),
        "first": draft.balance[:SHOWN], "rest": draft.balance[SHOWN:],
        "brought": counts_of(project)[Show.ALL], "sides": sides_to_load(), "base": base_of(project),
        "sets": sets_of(project)[:50], "now": clock.now(), "zone": zone_of(stores_visible_to(request.user)),
    }  # fmt: skip
    return show(request, "detections/training_project.html", context)


@page
@require_POST
def training_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Freeze the draft and send it on its way."""
    project = project_to_teach(request, pk)
    try:
        made = teaching.submit(project=project, author=cast(User, request.user), at=clock.now())
    except InvalidSet as error:
        messages.error(request, in_words(error))
        return redirect("training-project", pk=pk)
    return redirect("training-set", pk=made.pk)


@page
@require_POST
def training_take_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring along what the project's newest version learnt from."""
    project = project_to_teach(request, pk)
    base = base_of(project)
    if base is None:
        messages.info(request, gettext("Labelled pictures were brought along already."))
        return redirect("training-project", pk=pk)
    try:
        new = teaching.take_over(version=base, objects=open_buckets(project.connection))
    except (ObjectStoreError, UnreadableSet) as error:
        messages.error(request, in_words(error) if isinstance(error, UnreadableSet) else error.message)
    else:
        said = gettext("%(count)d pictures of %(version)s are in the draft now.")
        messages.success(request, said % {"count": new, "version": base.name})
    return redirect("training-project", pk=pk)


@page
def training_set(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one set; HTMX asks again while it is on its way."""
    row = set_to_show(request, pk)
    progress = progress_of(row, at=clock.now())
    refused = [(each, [gettext(line_sentence(code)) for code in each.problems]) for each in progress.refused]
    meaning = training_sentence(row.message)
    context = {
        "title": gettext("%(project)s, training set %(number)s")
        % {"project": row.project.name, "number": row.number},
        "found": progress, "sides": sides_to_load(), "refused": refused, "change": change_of(row),
        "now": clock.now(),
        "meaning": gettext(meaning) if meaning else "", "zone": zone_of(stores_visible_to(request.user)),
    }  # fmt: skip
    name = "_training_set" if is_fragment(request) else "training_set"
    return show(request, f"detections/{name}.html", context)


@page
@require_POST
def training_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Cancel a set, or let it go on although AWS refuses some pictures."""
    row = set_to_show(request, pk)
    acts: dict[str, Callable[[], bool]] = {
        "cancel": lambda: teaching.cancel(chosen=row, at=clock.now()),
        "go-on": lambda: teaching.go_on(chosen=row, at=clock.now()),
    }
    if act not in acts:
        raise NotFound(gettext("There is no such address."))
    if not acts[act]():
        messages.info(request, gettext("The set has gone on meanwhile; nothing was changed."))
    return redirect("training-set", pk=pk)


def project_to_teach(request: HttpRequest, pk: int) -> Project:
    """Return a project that its reader may teach. Raises NotFound and NotAllowed."""
    require(request.user, May.REVIEW)
    found = open_projects().filter(pk=pk).first()
    if found is None:
        raise NotFound(gettext("There is no such project."))
    return found


def set_to_show(request: HttpRequest, pk: int) -> TrainingSet:
    """Return a set whose project its reader may teach. Raises NotFound and NotAllowed."""
    require(request.user, May.REVIEW)
    found = set_by_id(pk)
    if found is None:
        raise NotFound(gettext("There is no such training set."))
    return found
