"""What a budget does to a store's button: the owner is told why, and headquarters is asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from models_registry.services.budgets import HeldBack, NeedsApproval
from models_registry.services.override_requests import ask_headquarters
from portal.base import clock
from portal.base.models import User
from portal.base.showing import show_instant


def within_budget(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Lead a store's view that a budget refuses back to the store, with the sentence or the question."""

    @wraps(view)
    def asked(request: HttpRequest, code: str, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, code, *args, **kwargs)
        except HeldBack as error:
            messages.error(request, error.message)
        except NeedsApproval as error:
            at = clock.now()
            made = ask_headquarters(question=error.question, author=cast(User, request.user), at=at)
            until = show_instant(made.lapses_at, error.question.store.timezone, now=at)
            said = gettext("Headquarters is asked; without an answer by %(until)s nothing changes.")
            messages.warning(request, f"{error.message} {said % {'until': until}}")
        return redirect("store", code=code)

    return asked
