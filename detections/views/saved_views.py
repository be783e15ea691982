"""Filters of the history, kept under a name."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from detections.forms.asking import reader
from detections.forms.exports import SavedViewForm
from detections.forms.history import MOST_QUERY
from detections.services.saved_views import remove_view, save_view
from portal.base.errors import InvalidInput, NotFound
from portal.base.models import User
from portal.base.site import page
from stores.services.wording import in_words


@page
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the filters of an address; what cannot be read of them is left out."""
    query = _read(request)
    form = SavedViewForm(request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(str(error) for error in errors))
        return _back(query)
    said, owner = form.cleaned_data, cast(User, request.user)
    try:
        view = save_view(owner=owner, name=said["name"], query=query, is_shared=said["is_shared"])
    except InvalidInput as error:
        messages.error(request, in_words(error))
    else:
        messages.success(request, gettext("The view “%(name)s” is saved.") % {"name": view.name})
    return _back(query)


@page
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove one's own view."""
    query = _read(request)
    if not remove_view(owner=cast(User, request.user), pk=pk):
        raise NotFound(gettext("There is no such view among yours."))
    return _back(query)


def _read(request: HttpRequest) -> str:
    said = QueryDict(request.POST.get("query", "")[:MOST_QUERY])
    return reader(request.user)(said.urlencode()).query()


def _back(query: str) -> HttpResponse:
    return redirect(f"{reverse('detections')}?{query}")
