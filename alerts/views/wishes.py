"""What one person is told: severities, quiet hours, the weekly mail with its preview and its end."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt

from alerts.access import keeps_channels, scope_of
from alerts.forms.wishes import WishesForm
from alerts.selectors.audiences import people
from alerts.selectors.mine import wants_digest
from alerts.services.digests import compose_digest, reader_of
from alerts.services.wishes import end_digest, keep_wishes
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.models import User
from portal.base.site import page, show


@page
def wishes(request: HttpRequest) -> HttpResponse:
    """Show and keep what the signed-in person wishes to be told."""
    user = cast(User, request.user)
    [mine] = people([user.pk])
    form = WishesForm.of(request.POST or None, mine.wishes, wants_digest=wants_digest(user))
    if request.method == "POST" and form.is_valid():
        keep_wishes(user=user, row=form.row)
        messages.success(request, gettext("Saved."))
        return redirect("notification-wishes")
    context = {"form": form, "person": user, "keeps_channels": keeps_channels(user)}
    return show(request, "alerts/wishes.html", {"title": gettext("My notifications"), **context})


@page
def digest(request: HttpRequest) -> HttpResponse:
    """Show the signed-in person's weekly mail as it would be written now."""
    user = cast(User, request.user)
    [mine] = people([user.pk])
    mail = compose_digest(user, scope_of=scope_of, timezone=mine.wishes.timezone, at=clock.now())
    return show(request, "alerts/digest.html", {"title": gettext("Weekly mail"), "mail": mail})


@csrf_exempt
def end(request: HttpRequest, token: str) -> HttpResponse:
    """Send no weekly mail any more to whom this link was sent; a button, as mail scanners open links.

    Exempt from the CSRF check because mail programs post here by themselves (RFC 8058); the token is signed.
    """
    user = reader_of(token)
    if user is None:
        raise NotFound(gettext("This address is not complete. Open the link in the mail once more."))
    if request.method == "POST":
        end_digest(user=user)
    return render(request, "alerts/digest_end.html", {"is_done": request.method == "POST"})
