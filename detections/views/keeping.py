"""How a deployment's photos are asked about and kept."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from detections.forms.keeping import KeepingForm
from detections.selectors.serving import kept_settings
from detections.services.retention import COUNTED, would_lose
from models_registry.models import Deployment
from models_registry.selectors.deployments import deployment_by_id
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.site import page, show
from stores.access import May, require


@page
def keeping(request: HttpRequest, pk: int) -> HttpResponse:
    """Show and change the settings; fewer days than before ask first how many pictures may go."""
    require(request.user, May.RUN_FRANCHISE)
    found = deployment_by_id(pk)
    if found is None:
        raise NotFound(gettext("There is no such deployment."))
    form = KeepingForm(request.POST or None, instance=kept_settings(found))
    lost = _lost(found, form) if form.is_valid() else 0
    if form.is_valid() and (not lost or form.cleaned_data["is_sure"]):
        form.save()
        messages.success(request, gettext("Saved."))
        return redirect("thresholds", pk=pk)
    context = {"deployment": found, "form": form, "lost": lost, "most": COUNTED}
    title = gettext("Photos of “%(name)s”") % {"name": found.name}
    return show(request, "detections/keeping.html", {**context, "title": title})


def _lost(found: Deployment, form: KeepingForm) -> int:
    days = form.cleaned_data["retention_days"]
    return would_lose(found, days, at=clock.now()) if days else 0
