"""Model versions: what AWS has, mirrored; and the models that belong to nobody."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from models_registry.models import Connection
from models_registry.selectors.evaluation import evaluation_of
from models_registry.selectors.spend import zone_of
from models_registry.selectors.versions import connection_rows, orphan_runs, runs_of, version_by_id
from models_registry.services.orphans import ask_to_stop
from models_registry.services.sync import SyncReport, sync_with_evaluations
from models_registry.wiring import connect, open_buckets
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, require, stores_visible_to


@page
def versions(request: HttpRequest) -> HttpResponse:
    """Show every connection's projects and versions, or one project's."""
    require(request.user, May.RUN_FRANCHISE)
    chosen = request.GET.get("project", "")
    project = int(chosen) if chosen.isdecimal() else None
    rows = connection_rows(at=clock.now(), project=project)
    zone = zone_of(stores_visible_to(request.user))
    context = {"title": gettext("Model versions"), "connections": rows, "project": project, "zone": zone}
    return show(request, "models_registry/versions.html", context)


@page
def version(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one version with how well it knows its labels."""
    require(request.user, May.RUN_FRANCHISE)
    row = version_by_id(pk)
    if row is None:
        raise NotFound("There is no such model version.")
    zone = zone_of(stores_visible_to(request.user))
    context = {
        "title": str(row.version),
        "row": row,
        "page": evaluation_of(row.version),
        "runs": runs_of(row.version),
        "zone": zone,
    }
    return show(request, "models_registry/version.html", context)


@page
@require_POST
def connection_sync(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask AWS for every project and version now."""
    require(request.user, May.RUN_FRANCHISE)
    connection = get_object_or_404(Connection, pk=pk)
    report = sync_with_evaluations(
        connection, at=clock.now(), rekognition=connect(connection), objects=open_buckets(connection)
    )
    _tell(request, report)
    return redirect("versions")


def _tell(request: HttpRequest, report: SyncReport) -> None:
    if report.error_code:
        said = gettext("%(connection)s did not answer as it should: %(error)s")
        messages.error(request, said % {"connection": report.connection, "error": report.error_message})
        return
    said = gettext("%(connection)s: %(projects)d projects, %(versions)d versions, %(new)d of them new.")
    numbers = {"projects": report.projects, "versions": report.versions, "new": report.new_versions}
    messages.success(request, said % {"connection": report.connection, **numbers})
    if report.denied:
        said = gettext(
            "AWS does not let the portal see into %(projects)s. If these are the portal’s, print the policy "
            "again with manage.py iam_policy and attach it."
        )
        messages.warning(request, said % {"projects": ", ".join(report.denied)})


@page
@require_POST
def orphan_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask that a model which belongs to no deployment be stopped."""
    require(request.user, May.RUN_FRANCHISE)
    run = get_object_or_404(orphan_runs(), pk=pk)
    if ask_to_stop(run=run, author=cast(User, request.user), at=clock.now()):
        messages.success(request, gettext("The model is stopped within seconds."))
    return redirect("versions")
