"""The page on which an analyst puts one photo after the other right, and what it sends."""

from __future__ import annotations

import json
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from detections.domain.places import Box
from detections.domain.reviews import Conclusion, InvalidReview, Marked, Reason
from detections.domain.second import Second
from detections.forms.asking import asked_to_review
from detections.models import Detection
from detections.selectors.history import BadCursor, page_after
from detections.selectors.limits import TooSlow, time_limit
from detections.selectors.photos import photos
from detections.selectors.reviewing import label_names, reviewable, sheets
from detections.services.reviews import Decision, ReviewedMeanwhile, review
from detections.services.second import give
from detections.views.review_words import review_words
from portal.base.errors import NotFound
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, store_for, stores_visible_to, stores_where
from stores.domain.sentences import Refusal
from stores.services.wording import in_words

LIST_MS = 5_000
SHEETS = 8


@page
def review_page(request: HttpRequest) -> HttpResponse:
    """Show one photo after the other, to be judged with the keyboard."""
    question = asked_to_review(request.user, request.GET)
    second = question.chosen.second
    titles = {
        Second.WAITING.value: gettext("Second opinion"), Second.DISAGREED.value: gettext("Disagreements"),
    }  # fmt: skip
    context = {
        "title": titles.get(second, gettext("Review")), "query": question.query, "words": review_words(),
        "is_blind": second == Second.WAITING,
        "config": {
            "sheets": reverse("review-sheets"), "query": question.query,
            "photo": request.GET.get("photo", ""), "after": request.GET.get("after", ""),
            "decide": reverse("review-decide", args=[0]), "second": reverse("review-second", args=[0]),
            "way": "second" if second == Second.WAITING else "decide",
            "picture": reverse("detection-picture", args=[0]), "labels": label_names(),
        },
    }  # fmt: skip
    return show(request, "detections/review.html", context)


@page
def review_sheets(request: HttpRequest) -> JsonResponse:
    """Send the next photos to be reviewed, or the one that `photo` names."""
    stores = stores_where(request.user, May.REVIEW)
    question = asked_to_review(request.user, request.GET)
    is_blind = question.chosen.second == Second.WAITING
    named = request.GET.get("photo", "")
    if named.isascii() and named.isdigit() and len(named) < 19:
        one = reviewable(stores, int(named))
        return JsonResponse({"sheets": sheets([one] if one else [], is_blind=is_blind), "after": None})
    try:
        with time_limit(LIST_MS):
            found = photos(stores & question.stores, question.chosen).exclude(picture_key="")
            found = found.filter(pruned_at__isnull=True, outcome="ANSWERED")
            rows, after = page_after(found, question.chosen.order, request.GET.get("after", ""), SHEETS)
    except (TooSlow, BadCursor) as error:
        return JsonResponse({"message": gettext(error.message)}, status=400)
    return JsonResponse({"sheets": sheets(rows, is_blind=is_blind), "after": after})


@page
@require_POST
def decide(request: HttpRequest, pk: int) -> JsonResponse:
    """Write one decision down. 409 tells that somebody else was quicker, with what they said."""
    row = _photo(request, pk)
    try:
        made = review(detection=row, by=cast(User, request.user), decision=_decision(request.body))
    except ReviewedMeanwhile as error:
        row.refresh_from_db()
        return JsonResponse({"message": gettext(error.message), "sheet": sheets([row])[0]}, status=409)
    except Refusal as refusal:
        return JsonResponse({"message": in_words(refusal)}, status=400)
    said = {"seen": made.number, "conclusion": made.conclusion, "said": made.get_conclusion_display()}
    return JsonResponse({**said, "reasons": made.reasons})


@page
@require_POST
def second(request: HttpRequest, pk: int) -> JsonResponse:
    """Keep a second opinion. Nothing of the first is told, not even whether the two agree."""
    row = _photo(request, pk)
    try:
        made = give(detection=row, by=cast(User, request.user), decision=_decision(request.body))
    except ReviewedMeanwhile as error:
        return JsonResponse({"message": gettext(error.message)}, status=409)
    except Refusal as refusal:
        return JsonResponse({"message": in_words(refusal)}, status=400)
    return JsonResponse({"seen": made.review.number, "said": made.get_conclusion_display()})


def _photo(request: HttpRequest, pk: int) -> Detection:
    row = reviewable(stores_visible_to(request.user), pk)
    if row is None:
        raise NotFound(gettext("There is no such photo among yours."))
    store_for(request.user, row.store.code, May.REVIEW)
    return row


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
            takes_back=bool(said.get("undoes")),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidReview("The decision cannot be read. Load the page again.") from error


def _marked(each: dict[str, Any]) -> Marked:
    left, top, width, height = (float(side) for side in each["box"])
    if not all(abs(side) < 10 for side in (left, top, width, height)):
        raise ValueError("far off the picture")
    return Marked(str(each["label"]), Box(left, top, width, height))
