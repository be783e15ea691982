"""Undo of days that were written in one go."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from portal.base.clock import now
from portal.base.models import User
from portal.base.site import page
from stores.access import May, is_headquarters, stores_where
from stores.selectors.day_changes import changes_of
from stores.services.day_changes import undo_change
from stores.services.special_days import latest_today


@page
@require_POST
def undo_days(request: HttpRequest, pk: int) -> HttpResponse:
    """Put back what a change replaced: one's own in stores one may still edit, any for headquarters."""
    user, at = cast(User, request.user), now()
    changes = changes_of(None if is_headquarters(user) else user, editable=stores_where(user, May.EDIT_HOURS))
    change = get_object_or_404(changes, pk=pk)
    done = undo_change(change=change, author=user, today=latest_today(at=at), at=at)
    said = {"count": done.restored, "left": done.left}
    if done.left:
        text = gettext("%(count)s days are as before; %(left)s were changed since, or are over, and stay.")
    else:
        text = gettext("%(count)s days are as before.")
    messages.success(request, text % said)
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "holidays")
