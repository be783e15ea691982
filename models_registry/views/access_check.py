"""Check this connection: what of AWS works, what is missing, and what mends it. Asked for with a button."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext, gettext_lazy

from models_registry.domain.access import BAD, Finding, Outcome
from models_registry.models import Connection
from models_registry.services.access_check import check_connection
from models_registry.wiring import are_roles_assumed, open_means
from portal.base import clock
from portal.base.site import page, show
from stores.access import May, require
from stores.domain.sentences import Word

ORDER = (Outcome.MISSING, Outcome.UNCLEAR, Outcome.WARNING, Outcome.NOT_TRIED, Outcome.WORKS)
LABELS = {
    Outcome.MISSING: gettext_lazy("missing"),
    Outcome.UNCLEAR: gettext_lazy("unclear"),
    Outcome.WARNING: gettext_lazy("warning"),
    Outcome.NOT_TRIED: gettext_lazy("not tried"),
    Outcome.WORKS: gettext_lazy("fine"),
}
TONES = {
    Outcome.MISSING: "FAILED",
    Outcome.UNCLEAR: "FAILED",
    Outcome.WARNING: "warn",
    Outcome.WORKS: "ok",
}
"""The chips of registry.css."""


@page
def connection_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what is tried; asked for, try it and show what came of it, the worst first."""
    require(request.user, May.RUN_FRANCHISE)
    connection = get_object_or_404(Connection, pk=pk)
    context: dict[str, Any] = {
        "title": gettext("Access to AWS: %(name)s") % {"name": connection.name},
        "connection": connection,
        "local_url": "" if are_roles_assumed() else settings.AWS_ENDPOINT_URL_REKOGNITION,
    }
    if request.method == "POST" and not context["local_url"]:
        found = check_connection(connection, open_means(connection, now=clock.now))
        context |= _shown(found)
    return show(request, "models_registry/access_check.html", context)


def _shown(found: Iterable[Finding]) -> dict[str, Any]:
    rows = sorted(found, key=lambda each: ORDER.index(each.outcome))
    return {
        "rows": [(each, LABELS[each.outcome], TONES.get(each.outcome, ""), _sentence(each)) for each in rows],
        "bad": sum(each.outcome in BAD for each in rows),
        "good": sum(each.outcome is Outcome.WORKS for each in rows),
    }


def _sentence(finding: Finding) -> str:
    words = {
        key: gettext(value) if isinstance(value, Word) else value for key, value in finding.params.items()
    }
    return gettext(finding.text) % words if finding.text else ""
