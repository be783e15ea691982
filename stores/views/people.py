"""People: who there is, what each may do, and who lets whom do what."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from portal.base.clock import now
from portal.base.errors import InvalidInput, NotAllowed, NotFound
from portal.base.lockout import unlock as unlock_sign_in
from portal.base.models import User
from portal.base.second_factors import remove_second_factors
from portal.base.site import page, show
from stores.access import May, is_headquarters, require, require_somewhere
from stores.access_people import (
    giving_of,
    invitations_visible_to,
    may_grant,
    may_manage,
    people_visible_to,
)
from stores.forms.people import PeopleForm, RoleForm
from stores.forms.saving import is_saved
from stores.selectors.people import (
    membership_of,
    people_page,
    second_factors,
    stores_left_without_owner,
    with_roles,
)
from stores.services import people as service

CHOICES = 200


@page
def people(request: HttpRequest) -> HttpResponse:
    """List the people one may see, and the invitations that wait."""
    require_somewhere(request.user, May.MANAGE_PEOPLE)
    form = PeopleForm(request.GET)
    found = people_page(people_visible_to(request.user), form.chosen, after=request.GET.get("after", ""))
    said = request.GET.copy()
    said.pop("after", None)
    invitations = invitations_visible_to(request.user) if "after" not in request.GET else []
    context = {
        "form": form,
        "found": found,
        "query": said.urlencode(),
        "invitations": invitations,
        "at": now(),
    }
    return show(request, "stores/people.html", {"title": gettext("People"), **context})


@page
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one person: roles, sign-in, language."""
    return _person_page(request, _found(request, pk))


@page
@require_POST
def membership_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a person one more role."""
    found = _found(request, pk)
    form = RoleForm(request.POST, giving=giving_of(request.user))
    if form.is_valid() and is_saved(form, lambda: service.add_membership(person=found, **form.scope)):
        messages.success(request, gettext("The role is given."))
        return redirect("person", pk=pk)
    return _person_page(request, found, form=form, status=422)


@page
@require_POST
def membership_remove(request: HttpRequest, pk: int, membership: int) -> HttpResponse:
    """Take a role away from a person."""
    found = membership_of(_found(request, pk), membership)
    if found is None:
        raise NotFound(gettext("This role has been taken away already."))
    if not may_grant(request.user, role=found.role, area=found.area, store=found.store):
        raise NotAllowed(gettext("You may take away only what you could give."))
    _told(request, lambda: service.remove_membership(membership=found), gettext("The role is taken away."))
    is_still_mine = people_visible_to(request.user).filter(pk=pk).exists()
    return redirect("person", pk=pk) if is_still_mine else redirect("people")


@page
@require_POST
def language(request: HttpRequest, pk: int) -> HttpResponse:
    """Say in which language a person gets mails."""
    found = _managed(request, pk)
    if request.POST.get("language") in dict(settings.LANGUAGES):
        service.set_language(person=found, language=request.POST["language"])
        messages.success(request, gettext("Saved."))
    return redirect("person", pk=pk)


@page
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what deactivating takes from a person; do it when asked to."""
    found = _managed(request, pk)
    if request.method == "POST":
        done = gettext("%(who)s is deactivated and signed out everywhere.") % {"who": found.display_name}
        _told(request, lambda: service.deactivate(person=found, by=_me(request)), done)
        return redirect("person", pk=pk)
    context = {"person": found, "orphaned": stores_left_without_owner(found)}
    title = gettext("Deactivate %(who)s?") % {"who": found.display_name}
    return show(request, "stores/person_deactivate.html", {"title": title, **context})


@page
@require_POST
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a person sign in again."""
    found, done = _managed(request, pk), gettext("They can sign in again, with the roles they had.")
    _told(request, lambda: service.reactivate(person=found, by=_me(request)), done)
    return redirect("person", pk=pk)


@page
@require_POST
def unlock(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a person try to sign in again at once after too many wrong passwords."""
    require(request.user, May.RUN_FRANCHISE)
    unlock_sign_in(user=_found(request, pk))
    messages.success(request, gettext("They may try again at once."))
    return redirect("person", pk=pk)


@page
@require_POST
def second_factors_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the second factors of a person away who has lost the phone."""
    require(request.user, May.RUN_FRANCHISE)
    if pk == request.user.pk:
        raise NotAllowed(gettext("Your own second factors are under “My account”."))
    remove_second_factors(user=_found(request, pk))
    messages.success(request, gettext("They sign in with their password alone now."))
    return redirect("person", pk=pk)


def _me(request: HttpRequest) -> User:
    return cast(User, request.user)


def _found(request: HttpRequest, pk: int) -> User:
    require_somewhere(request.user, May.MANAGE_PEOPLE)
    found = with_roles(people_visible_to(request.user)).filter(pk=pk).first()
    if found is None:
        raise NotFound(gettext("There is no such person among yours."))
    return found


def _managed(request: HttpRequest, pk: int) -> User:
    found = _found(request, pk)
    if not may_manage(request.user, found):
        raise NotAllowed(gettext("This person has roles outside your area. Ask headquarters."))
    return found


def _told(request: HttpRequest, do: Any, done: str) -> None:
    """Do something and say so, or say why not."""
    try:
        do()
    except InvalidInput as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)


def _person_page(
    request: HttpRequest, found: User, *, form: RoleForm | None = None, status: int = 200
) -> HttpResponse:
    giving = giving_of(request.user)
    roles = [
        (each, may_grant(request.user, role=each.role, area=each.area, store=each.store))
        for each in found.memberships.all()
    ]
    context = {
        "title": found.display_name,
        "person": found,
        "roles": roles,
        "form": form or RoleForm(giving=giving),
        "may_manage": may_manage(request.user, found),
        "is_me": found.pk == request.user.pk,
        "is_hq": is_headquarters(request.user),
        "second_factors": second_factors([found]),
        "languages": settings.LANGUAGES,
        "choices": giving.stores.order_by("code")[:CHOICES],
    }
    return show(request, "stores/person.html", context, status=status)
