"""Invitations: sent by those who may give the role, accepted by whoever has the link."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from portal.base.audit.acting import Actor, acting
from portal.base.audit.requests import client_address
from portal.base.clock import now
from portal.base.errors import InvalidInput, NotFound
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, require_somewhere
from stores.access_people import giving_of, invitations_visible_to
from stores.forms.people import AccountForm, InviteForm
from stores.forms.saving import is_saved
from stores.models import Invitation
from stores.services import invitations as service

CHOICES = 200


@page
def invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody by mail."""
    require_somewhere(request.user, May.MANAGE_PEOPLE)
    giving = giving_of(request.user)
    form = InviteForm(request.POST or None, giving=giving, initial={"language": get_language()})
    if form.is_valid() and is_saved(form, lambda: _invite(request, form)):
        return redirect("people")
    choices = giving.stores.order_by("code")[:CHOICES]
    context = {"title": gettext("Invite somebody"), "form": form, "choices": choices}
    return show(request, "stores/invite.html", context, status=422 if form.errors else 200)


def _invite(request: HttpRequest, form: InviteForm) -> None:
    invitation, is_sent = service.invite(guest=form.guest, author=cast(User, request.user), at=now())
    _tell(request, invitation, is_sent)


@page
@require_POST
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Send an invitation again, with a new link."""
    invitation = _found(request, pk)
    is_sent = service.resend(invitation=invitation, by=cast(User, request.user), at=now())
    _tell(request, invitation, is_sent)
    return redirect("people")


@page
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an invitation's link lead nowhere."""
    invitation = _found(request, pk)
    service.withdraw(invitation=invitation, at=now())
    said = gettext("The invitation of %(who)s is withdrawn. Its link leads nowhere.")
    messages.success(request, said % {"who": invitation.email})
    return redirect("people")


def _found(request: HttpRequest, pk: int) -> Invitation:
    require_somewhere(request.user, May.MANAGE_PEOPLE)
    found = next((each for each in invitations_visible_to(request.user) if each.pk == pk), None)
    if found is None:
        raise NotFound(gettext("This invitation has been accepted or withdrawn meanwhile."))
    return found


def _tell(request: HttpRequest, invitation: Invitation, is_sent: bool) -> None:
    if is_sent:
        said = gettext("An invitation is on its way to %(who)s. Its link works for seven days.")
        messages.success(request, said % {"who": invitation.email})
    else:
        said = gettext("The mail server did not take the mail to %(who)s. Send it again in a while.")
        messages.error(request, said % {"who": invitation.email})


@never_cache
@sensitive_post_parameters()
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Let the invited make their account; a link that leads nowhere says what to do."""
    at = now()
    try:
        found = service.read_link(token, at=at)
    except InvalidInput as error:
        return render(request, "stores/invitation_over.html", {"message": error.message}, status=410)
    has_chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES
    with translation.override(get_language() if has_chosen else found.language):
        form = AccountForm(request.POST or None, initial={"username": found.email.partition("@")[0]})
        tell = Actor(f"{request.method} /invitations/", None, found.email, client_address(request))
        with acting(lambda: tell):
            if form.is_valid() and is_saved(
                form, lambda: service.accept(invitation=found, account=form.account, at=at)
            ):
                messages.success(request, gettext("Your account is ready. Sign in with it."))
                return redirect("login")
        context = {"title": gettext("Your account"), "form": form, "invitation": found}
        return show(request, "stores/invitation.html", context, status=422 if form.errors else 200)
