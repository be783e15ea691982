"""Changes of a deployment's version: the one under way, the way back, and the history."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from models_registry.models import Promotion
from models_registry.selectors import deployments as facts
from models_registry.selectors.promotions import changes_of, promotion_by_id, services_of
from models_registry.services.deployments import InvalidDeployment
from models_registry.services.promotions import approve, cancel_promotion, roll_back
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.models import User
from portal.base.site import is_fragment, page, show
from stores.access import May, require, stores_visible_to
from stores.services.wording import in_words

SHOWN_SERVICES = 200


@page
def deployment_changes(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a deployment's changes; HTMX asks again while one is under way."""
    require(request.user, May.RUN_FRANCHISE)
    found = facts.deployment_by_id(pk)
    if found is None:
        raise NotFound(gettext("There is no such deployment."))
    at, changes = clock.now(), changes_of(found)
    services = services_of(stores_visible_to(request.user), found, at=at)
    context = {
        "title": gettext("Versions of “%(name)s”") % {"name": found.name}, "deployment": found, "now": at,
        "changes": [(each, _sentence(each.sentence, each.row)) for each in changes],
        "is_busy": any(each.is_open for each in changes), "services": services[:SHOWN_SERVICES],
        "zone": facts.zone_shown(found), "person": request.user,
    }  # fmt: skip
    name = "_changes" if is_fragment(request) else "changes"
    return show(request, f"models_registry/{name}.html", context)


@page
@require_POST
def promotion_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Agree to a change, cancel it, or go back to the version before it."""
    require(request.user, May.RUN_FRANCHISE)
    found, person, at = promotion_by_id(pk), cast(User, request.user), clock.now()
    if found is None:
        raise NotFound(gettext("There is no such change of version."))
    acts: dict[str, Callable[[], object]] = {
        "approve": lambda: approve(promotion=found, person=person),
        "cancel": lambda: cancel_promotion(promotion=found, at=at),
        "roll-back": lambda: roll_back(promotion=found, author=person, at=at),
    }
    if act not in acts:
        raise NotFound(gettext("There is no such address."))
    try:
        if not acts[act]():
            messages.info(request, gettext("The change has gone on meanwhile; nothing was done."))
    except InvalidDeployment as error:
        messages.error(request, in_words(error))
    return redirect("deployment-changes", pk=found.deployment_id)


def _sentence(text: str, row: Promotion) -> str:
    return gettext(text) % {"message": row.message} if text else ""
