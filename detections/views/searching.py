"""Older pictures on which a new bread may stand without a box, to be looked through once more."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from detections.selectors.searching import queue_of
from detections.services.brought import mark_searched
from detections.views.training import project_to_teach
from portal.base import clock
from portal.base.site import page, show

MOST_LABEL = 255


@page
def search(request: HttpRequest, pk: int) -> HttpResponse:
    """List the pictures to be looked through for one bread, the likeliest first."""
    project, label = project_to_teach(request, pk), request.GET.get("label", "")[:MOST_LABEL]
    queue = queue_of(project, label)
    context = {
        "title": gettext("Look for “%(label)s”") % {"label": label}, "project": project, "label": label,
        "queue": queue, "more": queue.count - len(queue.photos) - len(queue.brought), "now": clock.now(),
    }  # fmt: skip
    return show(request, "detections/training_search.html", context)


@page
@require_POST
def searched(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down that pictures from elsewhere were looked through: the bread is not on them."""
    project, label = project_to_teach(request, pk), request.POST.get("label", "")[:MOST_LABEL]
    keys = [int(text) for text in request.POST.getlist("photo") if text.isascii() and text.isdigit()]
    count = mark_searched(project=project, keys=keys, at=clock.now())
    said = ngettext("%(count)d picture is looked through.", "%(count)d pictures are looked through.", count)
    messages.success(request, said % {"count": count})
    return redirect(f"{reverse('training-search', args=[pk])}?{urlencode({'label': label})}")
