"""The gallery of what may be wrong, acts on many photos of it, and their undoing."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from detections.domain.many import MOST
from detections.domain.second import Second
from detections.forms.asking import Asked, asked_to_review
from detections.forms.chips import chips
from detections.models import BulkAct
from detections.selectors.gallery import GalleryPage, gallery_page
from detections.selectors.history import BadCursor
from detections.selectors.limits import TooSlow, time_limit
from detections.selectors.photos import Order, photos
from detections.selectors.queues import queues_of
from detections.selectors.reviewing import among
from detections.selectors.saved_views import views_for
from detections.services.assigning import assign
from detections.services.bulk import act_on_many, undo
from portal.base import clock
from portal.base.errors import NotAllowed, NotFound
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, people_who, stores_where
from stores.domain.sentences import Refusal
from stores.models import Store
from stores.services.wording import in_words

LIST_MS = 5_000
MOST_PEOPLE = 200
NOBODY = "0"


class NobodyChosen(Refusal):
    """Photos were to be assigned, but not to anybody who may review them."""

    code = "nobody_chosen"


@page
def gallery(request: HttpRequest) -> HttpResponse:
    """Show photos with their boxes, or crops of doubtful boxes; what may be wrong comes first."""
    question, after = asked_to_review(request.user, request.GET), request.GET.get("after", "")
    form, person = question.form, cast(User, request.user)
    found, notes = _found(question, after)
    context = {
        "title": gettext("Review"), "form": form, "chips": chips(form), "query": question.query,
        "found": found, "after": after, "now": clock.now(), "notes": [*question.notes, *notes],
        "mode": "crops" if request.GET.get("mode") == "crops" else "trays",
        "views": views_for(person), "zone": question.chosen.timezone, "most": MOST,
        "is_by_risk": question.chosen.order is Order.RISK,
        "is_blind": question.chosen.second == Second.WAITING, **_duties(person),
    }  # fmt: skip
    return show(request, "detections/gallery.html", context)


def _duties(person: User) -> dict[str, Any]:
    """Return what waits for somebody who may review, and whom they may ask to."""
    stores = stores_where(person, May.REVIEW)
    if not stores.exists():
        return {"may_review": False}
    others = people_who(May.REVIEW, stores).order_by("username")
    return {
        "may_review": True, "queues": queues_of(person, stores),
        "people": list(others.values_list("pk", "username")[:MOST_PEOPLE]),
    }  # fmt: skip


@page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Do one thing to the chosen photos, or to all that match, and offer to undo it."""
    stores = stores_where(request.user, May.REVIEW)
    if not stores.exists():
        raise NotAllowed(gettext("You may see these photos, but not review them. Ask headquarters."))
    back = HttpResponseRedirect(f"{reverse('gallery')}?{_query(request.POST.get('query', ''))}")
    if request.POST.get("kind", "") not in BulkAct.Kind.values:
        return back
    try:
        done = _done(request, stores)
    except Refusal as refusal:
        messages.error(request, in_words(refusal))
        return back
    count = len(done.before)
    said = ngettext("%(count)s photo: %(act)s.", "%(count)s photos: %(act)s.", count)
    said %= {"count": count, "act": done.get_kind_display()}
    form = format_html(
        '<button class="rg-link" form="undo-act" formaction="{}">{}</button>',
        reverse("gallery-undo", args=[done.pk]), gettext("Undo"),
    )  # fmt: skip
    messages.success(request, format_html("{} {}", said, form if count else ""))
    return back


def _done(request: HttpRequest, stores: QuerySet[Store]) -> BulkAct:
    """Do what was asked; photos are assigned only to who may review them. Raises Refusal."""
    kind, by = BulkAct.Kind(request.POST["kind"]), cast(User, request.user)
    if kind != BulkAct.Kind.ASSIGN:
        return act_on_many(photos=_chosen(request, stores), kind=kind, by=by)
    named = request.POST.get("assignee", "")
    if named == NOBODY:
        return assign(photos=_chosen(request, stores), to=None, by=by)
    known = named.isascii() and named.isdigit() and len(named) < 19
    to = people_who(May.REVIEW, stores).filter(pk=int(named)).first() if known else None
    if to is None:
        raise NobodyChosen("Choose who shall review these photos.")
    return assign(photos=_chosen(request, stores & stores_where(to, May.REVIEW)), to=to, by=by)


@page
@require_POST
def undo_act(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what oneself did to many photos."""
    done = BulkAct.objects.filter(pk=pk, author=cast(User, request.user)).first()
    if done is None:
        raise NotFound(gettext("There is no such act among yours."))
    try:
        count = undo(act=done, by=cast(User, request.user), at=clock.now())
        said = ngettext("Undone for %(count)s photo.", "Undone for %(count)s photos.", count)
        messages.success(request, said % {"count": count})
    except Refusal as refusal:
        messages.error(request, in_words(refusal))
    return redirect("gallery")


def _found(question: Asked, after: str) -> tuple[GalleryPage, list[str]]:
    try:
        with time_limit(LIST_MS):
            return gallery_page(question.stores, question.chosen, after=after), []
    except TooSlow as error:
        return GalleryPage([], ""), [gettext(error.message)]
    except BadCursor:
        notes = [gettext("The address of this page is not complete, so this is the first page.")]
        return _found(question, "")[0], notes


def _query(text: str) -> str:
    """Return a query of our own filters, whatever was sent."""
    return QueryDict(text).urlencode()


def _chosen(request: HttpRequest, stores: Any) -> list[int]:
    """Return the photos that the person chose and may review: named ones, or all that match."""
    if request.POST.get("all") == "1":
        question = asked_to_review(request.user, QueryDict(request.POST.get("query", "")))
        found = photos(stores & question.stores, question.chosen)
        return list(found.values_list("pk", flat=True)[: MOST + 1])
    keys = [int(text) for text in request.POST.getlist("photo") if text.isascii() and text.isdigit()][:MOST]
    return among(stores, keys)
