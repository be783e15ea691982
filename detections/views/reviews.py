"""The gallery of what may be wrong, and the page on which an analyst puts it right."""

from __future__ import annotations

import json
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from detections.domain.places import Box
from detections.domain.reviews import Conclusion, InvalidReview, Marked, Reason
from detections.forms.asking import Asked, asked
from detections.forms.chips import chips
from detections.models import BulkAct
from detections.selectors.gallery import GalleryPage, gallery_page
from detections.selectors.history import BadCursor, page_after
from detections.selectors.limits import TooSlow, time_limit
from detections.selectors.photos import Order, photos
from detections.selectors.reviewing import among, label_names, reviewable, sheets
from detections.selectors.saved_views import views_for
from detections.services.bulk import MOST, act_on_many, undo
from detections.services.reviews import Decision, ReviewedMeanwhile, review
from portal.base import clock
from portal.base.errors import NotAllowed, NotFound
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, store_for, stores_visible_to, stores_where
from stores.domain.sentences import Refusal
from stores.services.wording import in_words

LIST_MS = 5_000
SHEETS = 8
NARROWS = {"verdict", "reason", "reviewer", "flagged", "taught", "audit"}
"""Who asks for these means reviewed photos, too: the newest come first."""


@page
def gallery(request: HttpRequest) -> HttpResponse:
    """Show photos with their boxes, or crops of doubtful boxes; what may be wrong comes first."""
    question, after = _asked(request), request.GET.get("after", "")
    form = question.form
    found, notes = _found(question, after)
    context = {
        "title": gettext("Review"), "form": form, "chips": chips(form), "query": _query_of(question),
        "found": found, "after": after, "now": clock.now(), "notes": [*question.notes, *notes],
        "mode": "crops" if request.GET.get("mode") == "crops" else "trays",
        "views": views_for(cast(User, request.user)), "zone": question.chosen.timezone,
        "may_review": stores_where(request.user, May.REVIEW).exists(), "most": MOST,
        "is_by_risk": question.chosen.order is Order.RISK,
    }  # fmt: skip
    return show(request, "detections/gallery.html", context)


@page
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Do one thing to the chosen photos, or to all that match, and offer to undo it."""
    stores = stores_where(request.user, May.REVIEW)
    if not stores.exists():
        raise NotAllowed(gettext("You may see these photos, but not review them. Ask headquarters."))
    back = HttpResponseRedirect(f"{reverse('gallery')}?{_query(request.POST.get('query', ''))}")
    kind = request.POST.get("kind", "")
    if kind not in BulkAct.Kind.values:
        return back
    try:
        done = act_on_many(
            photos=_chosen(request, stores), kind=BulkAct.Kind(kind), by=cast(User, request.user)
        )
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


@page
def review_page(request: HttpRequest) -> HttpResponse:
    """Show one photo after the other, to be judged with the keyboard."""
    question = _asked(request)
    context = {
        "title": gettext("Review"), "query": _query_of(question), "words": _words(),
        "config": {
            "sheets": reverse("review-sheets"), "query": _query_of(question),
            "photo": request.GET.get("photo", ""), "after": request.GET.get("after", ""),
            "decide": reverse("review-decide", args=[0]), "picture": reverse("detection-picture", args=[0]),
            "labels": label_names(),
        },
    }  # fmt: skip
    return show(request, "detections/review.html", context)


@page
def review_sheets(request: HttpRequest) -> JsonResponse:
    """Send the next photos to be reviewed, or the one that `photo` names."""
    stores = stores_where(request.user, May.REVIEW)
    named = request.GET.get("photo", "")
    if named.isascii() and named.isdigit() and len(named) < 19:
        one = reviewable(stores, int(named))
        return JsonResponse({"sheets": sheets([one] if one else []), "after": None})
    question = _asked(request)
    try:
        with time_limit(LIST_MS):
            found = photos(stores & question.stores, question.chosen).exclude(picture_key="")
            found = found.filter(pruned_at__isnull=True, outcome="ANSWERED")
            rows, after = page_after(found, question.chosen.order, request.GET.get("after", ""), SHEETS)
    except (TooSlow, BadCursor) as error:
        return JsonResponse({"message": gettext(error.message)}, status=400)
    return JsonResponse({"sheets": sheets(rows), "after": after})


@page
@require_POST
def decide(request: HttpRequest, pk: int) -> JsonResponse:
    """Write one decision down. 409 tells that somebody else was quicker, with what they said."""
    row = reviewable(stores_visible_to(request.user), pk)
    if row is None:
        raise NotFound(gettext("There is no such photo among yours."))
    store_for(request.user, row.store.code, May.REVIEW)
    try:
        made = review(detection=row, by=cast(User, request.user), decision=_decision(request.body))
    except ReviewedMeanwhile as error:
        row.refresh_from_db()
        return JsonResponse({"message": gettext(error.message), "sheet": sheets([row])[0]}, status=409)
    except Refusal as refusal:
        return JsonResponse({"message": in_words(refusal)}, status=400)
    said = {"seen": made.number, "conclusion": made.conclusion, "said": made.get_conclusion_display()}
    return JsonResponse({**said, "reasons": made.reasons})


def _asked(request: HttpRequest) -> Asked:
    """Read the filters; without an order the most doubtful come first."""
    said = request.GET.copy()
    if not said.get("order"):
        said["order"] = (
            Order.NEWEST if NARROWS & {name for name, text in said.items() if text} else Order.RISK
        )
    return asked(request.user, said)


def _query_of(question: Asked) -> str:
    """Return the filters with their order: elsewhere the newest come first without being told."""
    return f"{question.form.query('order')}&order={question.chosen.order}".removeprefix("&")


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
        said = QueryDict(request.POST.get("query", ""), mutable=True)
        said.setdefault("order", Order.RISK)
        question = asked(request.user, said)
        found = photos(stores & question.stores, question.chosen)
        return list(found.values_list("pk", flat=True)[: MOST + 1])
    keys = [int(text) for text in request.POST.getlist("photo") if text.isascii() and text.isdigit()][:MOST]
    return among(stores, keys)


def _decision(body: bytes) -> Decision:
    """Read what the page sends. Raises InvalidReview for anything else."""
    try:
        said = json.loads(body)
        marked = said.get("marked")
        return Decision(
            token=UUID(said["token"]),
            seen=int(said["seen"]),
            marked=None if marked is None else [_marked(each) for each in marked],
            said=Conclusion(said["said"]) if said.get("said") else None,
            reasons=tuple(Reason(each) for each in said.get("reasons", ())),
            is_flagged=None if said.get("flagged") is None else bool(said["flagged"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidReview("The decision cannot be read. Load the page again.") from error


def _marked(each: dict[str, Any]) -> Marked:
    left, top, width, height = (float(side) for side in each["box"])
    if not all(abs(side) < 10 for side in (left, top, width, height)):
        raise ValueError("far off the picture")
    return Marked(str(each["label"]), Box(left, top, width, height))


def _words() -> dict[str, str]:
    """Return what the page's script says, in the reader's language."""
    return {
        "saved": gettext("saved"),
        "saving": gettext("{count} decisions not saved yet"),
        "offline": gettext("The portal does not answer. Decisions are kept here and sent again."),
        "signIn": gettext("You are signed out. Sign in in another tab; nothing is lost."),
        "refused": gettext("Photo {photo} was not saved: {message}"),
        "done": gettext("Nothing is left to review here."),
        "hidden": gettext("Boxes are hidden. Let go of H to edit."),
        "noBox": gettext("Choose a box first."),
        "unseen": gettext("The picture is still on its way. Nobody judges what they have not seen."),
        "noLabel": gettext("Choose a bread for the new box first."),
        "register": gettext("register"), "model": gettext("model"), "analyst": gettext("analyst"),
        "nothing": gettext("nothing"), "notSaid": gettext("said nothing"),
        "audit": gettext("random sample"), "undone": gettext("Undone."), "redone": gettext("Done again."),
        "nothingToUndo": gettext("There is nothing to undo."),
        "decided": gettext("Reviewed: {said}"), "retry": gettext("Look at it again"),
        "risk0": gettext("corrected by the register"), "risk1": gettext("two breads on one place"),
        "risk2": gettext("near a threshold"), "risk3": gettext("nothing seen"),
        "of": gettext("{n} reviewed"),
    }  # fmt: skip
