"""The history of photos: the list, one photo with all that was seen on it, and the list as a file."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext

from detections.forms.history import HistoryForm
from detections.models import Detection
from detections.selectors.answers import boxes_of
from detections.selectors.history import (
    BadCursor,
    HistoryFilter,
    HistoryPage,
    HistoryRow,
    has_label,
    history_page,
    history_rows,
    neighbours,
    photo,
)
from detections.selectors.log import newest_correction
from detections.selectors.serving import assumed_percents_of, newest_set, rules_of
from models_registry.selectors.spend import zone_of
from models_registry.views.exports import stream_csv
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.site import page, show
from stores.access import May, areas_visible_to, may, stores_visible_to
from stores.models import Store

MOST_EXPORTED = 100_000
COLUMNS = (
    "id", "store", "taken_at", "received_at", "register", "source", "outcome", "error", "accepted", "near",
    "smallest_margin", "corrected", "total_ms", "rekognition_ms", "version", "sha256",
)  # fmt: skip


@page
def detections(request: HttpRequest) -> HttpResponse:
    """Show photos in the order asked for, a page at a time."""
    stores = stores_visible_to(request.user)
    form = _form(request)
    chosen, after = form.chosen(_zone(stores, form)), request.GET.get("after", "")
    found, notes = _found(stores, chosen, after)
    said = request.GET.copy()
    said.pop("after", None)
    context = {"form": form, "found": found, "query": said.urlencode(), "now": clock.now()}
    here = {"after": after, "notes": notes, "zone": chosen.timezone, "title": gettext("Photos")}
    return show(request, "detections/history.html", {**context, **here})


def _form(request: HttpRequest) -> HistoryForm:
    areas = areas_visible_to(request.user).order_by("name", "pk").values_list("pk", "name")
    return HistoryForm(request.GET, areas=areas)


def _zone(stores: QuerySet[Store], form: HistoryForm) -> str:
    """Return the zone of the chosen store, else of most stores."""
    code = form.told("store")
    return zone_of(stores.filter(code=code) if code else stores)


def _found(stores: QuerySet[Store], chosen: HistoryFilter, after: str) -> tuple[HistoryPage, list[str]]:
    """Return a page and what to say about it; a cursor that cannot be read begins at the first page."""
    notes = []
    if chosen.label and not has_label(chosen.label):
        notes.append(gettext("No model has named a bread “%(label)s” yet.") % {"label": chosen.label})
    try:
        return history_page(stores, chosen, after=after), notes
    except BadCursor:
        notes.append(gettext("The address of this page is not complete, so this is the first page."))
        return history_page(stores, chosen, after=""), notes


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


@page
def export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Send the filtered list as CSV or JSON Lines, the newest hundred thousand at most."""
    stores = stores_visible_to(request.user)
    form = _form(request)
    rows = history_rows(stores, form.chosen(_zone(stores, form)), most=MOST_EXPORTED)
    if kind == "csv":
        return stream_csv("photos.csv", COLUMNS, map(_cells, rows))
    lines: Iterator[str] = (
        json.dumps(dict(zip(COLUMNS, _cells(row), strict=True)), ensure_ascii=False) + "\n" for row in rows
    )
    headers = {"Content-Disposition": 'attachment; filename="photos.jsonl"'}
    return StreamingHttpResponse(lines, content_type="application/x-ndjson", headers=headers)


def _cells(each: HistoryRow) -> list[Any]:
    row = each.detection
    return [
        row.pk, row.store.code, row.taken_at.isoformat(), row.at.isoformat(), row.register, row.source,
        row.outcome, row.error_code, "; ".join(f"{name} × {count}" for name, count in each.accepted),
        "; ".join(f"{name} {confidence:.1f}" for name, confidence in each.close), row.smallest_margin,
        row.is_corrected, row.total_ms, row.rekognition_ms, row.version.name if row.version else "",
        row.picture_sha256,
    ]  # fmt: skip
