"""Two steps for every edit of a store's rules: first what it would change, then saved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from models_registry.domain.preview import Preview
from models_registry.selectors.owner import minutes_left, undoable_edit
from models_registry.selectors.preview import drawn_days
from models_registry.services.budgets import HeldBack, NeedsApproval
from models_registry.services.drafts import Draft, preview_draft
from models_registry.services.edits import UNDO, save_edit
from portal.base.errors import InvalidInput
from portal.base.models import User
from portal.base.site import is_fragment, show
from stores.domain.localtime import local_date
from stores.models import Store
from stores.services.wording import in_words

SAVE, EDIT = "save", "edit"
"""Names of the buttons that say: write it, and: let me type again."""
SEEN_ON = "seen_on"
"""The store's date on which the sheet was seen: “tomorrow” and “until 20:00” are another day's after it."""


class Step(NamedTuple):
    """Where an edit is made: how it is worked out, and where to go when it is saved."""

    store: Store
    draft: Callable[[], Draft]
    at: datetime
    back: str = "store"
    can_edit: bool = False


def propose(request: HttpRequest, step: Step) -> HttpResponse:
    """Show what an edit would change; write it when the person has seen that and says so.

    What was seen on an earlier day of the store is shown again: it means something else now.
    Raises InvalidInput for what cannot be, before it is shown as well as when it is saved.
    """
    draft = step.draft()
    if SAVE in request.POST and request.POST.get(SEEN_ON, _today(step)) == _today(step):
        return _saved(request, step, draft)
    seen, needs = _seen(draft, cast(User, request.user), step.at)
    context = {
        **_sheet(request, step.store, step.back),
        "seen_on": _today(step),
        "draft": draft,
        "seen": seen,
        "needs": needs,
        "days": drawn_days(seen, step.store.timezone),
        "can_edit": step.can_edit,
    }
    return _answer(request, context)


def _seen(draft: Draft, author: User, at: datetime) -> tuple[Preview, str]:
    """Return what a draft would change, and why headquarters must say yes to it first, if so."""
    try:
        return preview_draft(draft, author=author, at=at), ""
    except NeedsApproval as error:
        return preview_draft(draft, author=None, at=at), error.message


def propose_or_say_why_not(request: HttpRequest, step: Step) -> HttpResponse:
    """Propose an edit; a refusal is a sheet with its sentence."""
    try:
        return propose(request, step)
    except (InvalidInput, HeldBack) as error:
        return refuse(request, step.store, [in_words(error)], back=step.back)


def refuse(request: HttpRequest, store: Store, reasons: list[str], *, back: str = "store") -> HttpResponse:
    """Say why an edit cannot be."""
    return _answer(request, {**_sheet(request, store, back), "reasons": reasons}, status=422)


def undo_context(store: Store, *, at: datetime) -> dict[str, Any]:
    """Return the last edit while it can be undone; one query."""
    edit = undoable_edit(store, since=at - UNDO)
    return {"edit": edit, "undo_minutes": minutes_left(edit, UNDO, at=at) if edit else 0}


def _today(step: Step) -> str:
    return local_date(step.store.timezone, step.at).isoformat()


def _saved(request: HttpRequest, step: Step, draft: Draft) -> HttpResponse:
    save_edit(draft=draft, author=cast(User, request.user), at=step.at)
    messages.success(request, gettext("Saved: %(what)s") % {"what": draft.said})
    return redirect(step.back, code=step.store.code)


def _sheet(request: HttpRequest, store: Store, back: str) -> dict[str, Any]:
    """Return what the sheet sends again when it is confirmed: everything that was typed."""
    buttons = {SAVE, EDIT, SEEN_ON, "csrfmiddlewaretoken"}
    echo = [(name, text) for name, texts in request.POST.lists() if name not in buttons for text in texts]
    return {
        "title": gettext("What it changes"),
        "store": store,
        "echo": echo,
        "back": back,
        "path": request.path,
        "zone": store.timezone,
    }


def _answer(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    if is_fragment(request):
        return render(request, "home/_sheet.html", context)
    return show(request, "home/preview.html", context, status=status)
