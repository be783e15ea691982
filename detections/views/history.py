"""The history of photos: the list, how many there are, and one photo with all that was seen on it."""

from __future__ import annotations

import shlex
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from detections.forms.asking import Asked, asked
from detections.forms.chips import chips
from detections.forms.exports import ExportForm
from detections.models import Detection
from detections.selectors.answers import boxes_of
from detections.selectors.counting import amount
from detections.selectors.history import BadCursor, HistoryPage, history_page, neighbours, photo
from detections.selectors.limits import TooSlow, time_limit
from detections.selectors.log import newest_correction
from detections.selectors.photos import has_label
from detections.selectors.saved_views import views_for
from detections.selectors.serving import assumed_percents_of, newest_set, rules_of
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, may, stores_visible_to

LIST_MS = 5_000
"""Nobody waits longer for a page; a combination of filters that takes so long is told."""


@page
def detections(request: HttpRequest) -> HttpResponse:
    """Show photos in the order asked for, a page at a time."""
    question, after = asked(request.user, request.GET), request.GET.get("after", "")
    form, query = question.form, question.form.query()
    found, notes = _found(question, after)
    context = {
        "export_form": ExportForm(), "views": views_for(cast(User, request.user)),
        "title": gettext("Photos"), "form": form, "chips": chips(form), "query": query,
        "unordered": form.query("order"), "found": found, "after": after, "now": clock.now(),
        "notes": [*question.notes, *notes], "zone": question.chosen.timezone,
    }  # fmt: skip
    return show(request, "detections/history.html", context)


def _found(question: Asked, after: str) -> tuple[HistoryPage, list[str]]:
    """Return a page and what to say about it; a cursor that cannot be read begins at the first page."""
    chosen, notes = question.chosen, []
    if chosen.label and not has_label(chosen.label):
        notes.append(gettext("No model has named a bread “%(label)s” yet.") % {"label": chosen.label})
    try:
        with time_limit(LIST_MS):
            return history_page(question.stores, chosen, after=after), notes
    except TooSlow as error:
        return HistoryPage([], ""), [*notes, gettext(error.message)]
    except BadCursor:
        notes.append(gettext("The address of this page is not complete, so this is the first page."))
        return _found(question, "")[0], notes


@page
def detections_count(request: HttpRequest) -> HttpResponse:
    """Say how many photos match; asked for by the list once it is shown."""
    question = asked(request.user, request.GET)
    return render(request, "detections/_amount.html", {"amount": amount(question.stores, question.chosen)})


@page
def detection(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one photo with every raw box."""
    stores = stores_visible_to(request.user)
    row = photo(stores, pk)
    if row is None:
        raise NotFound(gettext("There is no such photo among yours."))
    older, newer = neighbours(stores, row)
    context = {
        "title": row.store.name, "row": row, "boxes": _boxes(row), "correction": newest_correction(row),
        "may_review": may(request.user, May.REVIEW, row.store),
        "older": older, "newer": newer, "now": clock.now(),
        "command": _command(row, names_model=may(request.user, May.RUN_FRANCHISE)),
    }  # fmt: skip
    return show(request, "detections/detection.html", context)


def _boxes(row: Detection) -> list[dict[str, Any]]:
    """Return every raw box with the thresholds then and now, and its place in percent of the picture."""
    now = None
    if row.deployment is not None and row.version is not None:
        now = rules_of(newest_set(row.deployment), assumed_percents_of(row.version))
    found = []
    for each in boxes_of(row):
        has_box = each.left is not None
        place = {side: 100 * (getattr(each, side) or 0) for side in ("left", "top", "width", "height")}
        found.append(
            {
                "row": each, "name": each.label.name, "has_box": has_box, **place,
                "margin": each.confidence - each.threshold,
                "now": now.threshold(each.label.name) if now else None,
            }
        )  # fmt: skip
    return found


def _command(row: Detection, *, names_model: bool) -> str:
    """Return the same question as a line for the AWS CLI; the model's ARN is for headquarters."""
    if row.version is None or row.deployment is None:
        return ""
    region, arn = row.deployment.connection.region, row.version.arn if names_model else "PROJECT_VERSION_ARN"
    return (
        f"aws rekognition detect-custom-labels --project-version-arn {shlex.quote(arn)} "
        f"--image-bytes fileb://tray.jpg --min-confidence {row.raw_floor:g} --region {region}"
    )
