"""What a person's corrections changed."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from detections.models import Review
from detections.selectors.corrections import MOST_REVIEWS, Mine, changes_of, reviews_of, sets_of
from detections.selectors.pickers import reviewer_choices
from portal.base.errors import NotAllowed, NotFound
from portal.base.models import User
from portal.base.site import page, show
from stores.access import is_headquarters, stores_visible_to


@page
def mine(request: HttpRequest) -> HttpResponse:
    """Show how a person's reviews were used, and which mistakes became rarer; headquarters choose whose."""
    person, stores = _person(request), stores_visible_to(request.user)
    reviews = reviews_of(person, stores)
    taught = sets_of(person, reviews)
    context = {
        "title": gettext("What my corrections changed"), "person": person, "count": len(reviews),
        "is_most": len(reviews) == MOST_REVIEWS, **_counts(reviews), "taught": taught,
        "projects": changes_of(reviews, taught, stores),
        "people": reviewer_choices() if is_headquarters(request.user) else [],
    }  # fmt: skip
    return show(request, "detections/corrections.html", context)


def _person(request: HttpRequest) -> User:
    me, named = cast(User, request.user), request.GET.get("reviewer", "")
    if not named or named == str(me.pk):
        return me
    if not is_headquarters(me):
        raise NotAllowed(gettext("You see your own corrections only. Ask headquarters for others'."))
    known = named.isascii() and named.isdigit() and len(named) < 19
    found = User.objects.filter(pk=int(named)).first() if known else None
    if found is None:
        raise NotFound(gettext("There is no such person."))
    return found


def _counts(reviews: list[Mine]) -> dict[str, Any]:
    said = Counter(each.conclusion for each in reviews)
    why = Counter(reason for each in reviews for reason in each.reasons)
    return {
        "conclusions": [(name, said[value]) for value, name in Review.Conclusion.choices if said[value]],
        "reasons": [(name, why[value]) for value, name in Review.Reason.choices if why[value]],
    }
