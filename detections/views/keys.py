"""The keys with which a store's registers call the API."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST

from detections.forms.keys import KeyForm, RotateForm
from detections.models import ApiKey
from detections.selectors.keys import keys_of, store_keys
from detections.services.keys import NewKey, make_key, revoke_key, rotate_key
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, store_for
from stores.forms.saving import is_saved
from stores.models import Store


@page
@cache_control(no_store=True)
def keys(request: HttpRequest, code: str) -> HttpResponse:
    """List a store's keys, and make one; its text is in this one answer only."""
    store = store_for(request.user, code, May.CONTROL)
    form = KeyForm(request.POST or None)
    if not form.is_valid():
        return _shown(request, store, form=form)
    typed = form.cleaned_data
    made = make_key(store=store, name=typed["name"], author=_person(request), per_minute=typed["per_minute"])
    return _shown(request, store, made=made)


@page
@require_POST
@cache_control(no_store=True)
def rotate(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Make a key's successor; its text is in this one answer only."""
    store = store_for(request.user, code, May.CONTROL)
    old, form = _own(store, pk), RotateForm(request.POST)
    made: list[NewKey] = []
    if form.is_valid() and is_saved(form, lambda: made.append(_successor(request, old, form))):
        return _shown(request, store, made=made[0], replaced=old)
    return _shown(request, store, refused=form)


@page
@require_POST
def revoke(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """End a key at once."""
    store = store_for(request.user, code, May.CONTROL)
    key = _own(store, pk)
    ended = revoke_key(key=key, at=clock.now())
    said = gettext("“%(name)s” is revoked.") if ended else gettext("“%(name)s” was revoked before.")
    messages.success(request, said % {"name": key.name})
    return redirect("store-keys", code=code)


def _shown(request: HttpRequest, store: Store, *, made: NewKey | None = None, **parts: Any) -> HttpResponse:
    """Render the page; `made` is a key just made, `refused` a rotation that did not go through."""
    at = clock.now()
    context = {
        "title": gettext("API keys"),
        "store": store,
        "at": at,
        "keys": store_keys(store, at=at),
        "form": KeyForm(),
        "rotate_form": RotateForm(auto_id=False),
        "made": made,
    }
    return show(request, "detections/keys.html", context | parts)


def _successor(request: HttpRequest, old: ApiKey, form: RotateForm) -> NewKey:
    return rotate_key(key=old, author=_person(request), overlap=form.length, at=clock.now())


def _own(store: Store, pk: int) -> ApiKey:
    found = keys_of(store).filter(pk=pk).first()
    if found is None:
        raise NotFound(gettext("There is no such key of this store."))
    return found


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)
