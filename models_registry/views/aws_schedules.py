"""A deployment's schedules for AWS: shown, taken along as a file, or kept in step."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from models_registry.domain.schedule_files import shell, template
from models_registry.domain.week_schedules import NoSchedules
from models_registry.forms.aws_schedules import SchedulesForm
from models_registry.models import Deployment
from models_registry.selectors import deployments as facts
from models_registry.selectors.aws_schedules import DeploymentSchedules, kept_row, prefix_of, schedules_of
from models_registry.services.aws_schedules import keep, let_go
from portal.base import clock
from portal.base.errors import InvalidInput, NotFound
from portal.base.site import page, show
from stores.access import May, require
from stores.services.wording import in_words

FORMS = (("table", _("Table")), ("cloudformation", "CloudFormation"), ("cli", "AWS CLI"))
WRITERS = {
    "cloudformation": (template, "json", "application/json"),
    "cli": (shell, "sh", "text/x-shellscript"),
}


def _found(request: HttpRequest, pk: int) -> Deployment:
    require(request.user, May.RUN_FRANCHISE)
    found = facts.deployment_by_id(pk)
    if found is None:
        raise NotFound(gettext("There is no such deployment."))
    return found


@page
def deployment_schedules(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the schedules of a deployment as a table or a file, and what they cannot say."""
    deployment = _found(request, pk)
    form = SchedulesForm(request.GET, prefix=prefix_of(pk))
    form_of = request.GET.get("as", "table")
    row = kept_row(deployment)
    context: dict[str, Any] = {
        "title": gettext("Schedules of “%(name)s” for AWS") % {"name": deployment.name},
        "deployment": deployment, "form": form, "form_of": form_of if form_of in WRITERS else "table",
        "forms": FORMS, "row": row, "row_error": gettext(row.error_message) if row.error_message else "",
        "query": urlencode({name: value for name, value in form.data.items() if name in form.fields}),
    }  # fmt: skip
    try:
        found = schedules_of(deployment, form.asked(), at=clock.now())
    except NoSchedules as error:
        context["refused"] = in_words(error)
    else:
        context |= _shown(found, context["form_of"], is_kept=row.is_on)
    return show(request, "models_registry/aws_schedules.html", context)


def _shown(found: DeploymentSchedules, form_of: str, *, is_kept: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"found": found, "notes": found.notes(is_kept=is_kept)}
    if form_of in WRITERS:
        try:
            shown["text"] = WRITERS[form_of][0](found.exported.schedules, found.place, found.notes())
        except NoSchedules as error:
            shown["no_file"] = in_words(error)
    return shown


@page
def deployment_schedules_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the schedules as a CloudFormation template or as lines for a shell."""
    deployment = _found(request, pk)
    form = SchedulesForm(request.GET, prefix=prefix_of(pk))
    write, ending, mime = WRITERS.get(request.GET.get("as", ""), WRITERS["cloudformation"])
    try:
        found = schedules_of(deployment, form.asked(), at=clock.now())
        text = write(found.exported.schedules, found.place, found.notes())
    except NoSchedules as error:
        raise InvalidInput(in_words(error)) from error
    name = f"{form.asked().prefix or prefix_of(pk)}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type=f"{mime}; charset=utf-8", headers=headers)


@page
@require_POST
def deployment_schedules_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the schedules kept in AWS, or taken away."""
    deployment = _found(request, pk)
    try:
        if request.POST.get("on") == "1":
            keep(deployment=deployment, at=clock.now())
            messages.success(request, gettext("The schedules will be in AWS within a minute or two."))
        else:
            let_go(deployment=deployment)
            messages.success(request, gettext("The schedules will be gone from AWS within a minute or two."))
    except NoSchedules as error:
        messages.error(request, in_words(error))
    return redirect("deployment-schedules", pk=pk)
