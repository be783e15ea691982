"""Batches of pictures: handed in, followed, paused, ended, and their results."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from detections.domain.batches import MOST_ENTRIES, InvalidBatch, check_objects
from detections.forms.batches import BatchForm
from detections.gateways.listed_objects import written_list
from detections.gateways.zip_files import count_entries
from detections.models import Batch, DetectedLabel, Detection
from detections.selectors.batches import batch_by_id, batch_page, progress_of, results
from detections.services import batches as service
from detections.wiring import PICTURES
from models_registry.domain.objects import ObjectStoreError, place_of
from models_registry.models import Deployment
from models_registry.selectors.deployments import deployment_by_id
from models_registry.views.exports import stream_csv
from models_registry.wiring import open_buckets
from portal.base import clock
from portal.base.errors import NotFound
from portal.base.models import User
from portal.base.site import is_fragment, page, show
from stores.access import May, require
from stores.services.wording import in_words

COLUMNS = (
    "file", "outcome", "error", "label", "confidence", "threshold", "fate", "left", "top", "width", "height",
    "picture_width", "picture_height", "version", "sha256", "id",
)  # fmt: skip


@page
def batches(request: HttpRequest) -> HttpResponse:
    """List batches, newest first."""
    require(request.user, May.RUN_FRANCHISE)
    rows, after = batch_page(after=request.GET.get("after", ""))
    context = {"title": gettext("Batches"), "rows": rows, "after": after, "now": clock.now()}
    return show(request, "detections/batches.html", context)


@page
def batch_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a batch for a deployment."""
    require(request.user, May.RUN_FRANCHISE)
    deployment = deployment_by_id(pk)
    if deployment is None:
        raise NotFound(gettext("There is no such deployment."))
    form = BatchForm(request.POST or None, request.FILES or None, deployment=deployment)
    if form.is_valid() and (made := _made(request, deployment, form)):
        return redirect("batch", pk=made.pk)
    title = gettext("Analyse pictures with “%(name)s”") % {"name": deployment.name}
    return show(
        request, "detections/batch_new.html", {"title": title, "deployment": deployment, "form": form}
    )


def _made(request: HttpRequest, deployment: Deployment, form: BatchForm) -> Batch | None:
    """Keep the zip or the list, then write the batch down; a refusal is said in the form."""
    said = form.cleaned_data
    try:
        key, entries = _listed(deployment, said["s3_prefix"]) if said["s3_prefix"] else _zipped(form)
    except (InvalidBatch, ObjectStoreError) as error:
        form.add_error("s3_prefix" if said["s3_prefix"] else "pictures", in_words(error))
        return None
    order = service.BatchOrder(deployment, said["store"], said["name"], key, entries, said["starts_model"])
    return service.hand_in(order=order, author=cast(User, request.user), at=clock.now())


def _zipped(form: BatchForm) -> tuple[str, int]:
    """Keep what was sent as a zip; return where, and of how many files."""
    key = f"batches/{uuid.uuid4().hex}.zip"
    with form.as_zip() as file:
        entries = count_entries(file)
        file.seek(0)
        PICTURES.save_file(key, file)
    return key, entries


def _listed(deployment: Deployment, address: str) -> tuple[str, int]:
    """Keep the list of what lies in S3 now; return where, and of how many objects."""
    place, key = place_of(address), f"batches/{uuid.uuid4().hex}.json"
    buckets = open_buckets(deployment.connection)
    keys = check_objects(buckets.keys(place.bucket, place.key, most=2 * MOST_ENTRIES))
    PICTURES.save(key, written_list(place.bucket, keys))
    return key, len(keys)


@page
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one batch; HTMX asks again while it goes on."""
    found = _found(request, pk)
    context = {"title": found.name, "found": progress_of(found, at=clock.now()), "now": clock.now()}
    name = "_batch" if is_fragment(request) else "batch"
    return show(request, f"detections/{name}.html", context)


@page
@require_POST
def batch_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Pause, go on, or end a batch for good."""
    found = _found(request, pk)
    acts: dict[str, Callable[[], bool]] = {
        "pause": lambda: service.pause(batch=found),
        "resume": lambda: service.resume(batch=found),
        "cancel": lambda: service.cancel(batch=found, author=cast(User, request.user), at=clock.now()),
    }
    if act not in acts:
        raise NotFound(gettext("There is no such address."))
    if not acts[act]():
        messages.info(request, gettext("The batch has gone on meanwhile; nothing was changed."))
    return redirect("batch", pk=pk)


@page
def batch_results(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """Send what came out so far, a line for each raw box; a photo without boxes has one line."""
    found = _found(request, pk)
    lines = (cells for row, boxes in results(found) for cells in _lines(row, boxes))
    if kind == "csv":
        return stream_csv(f"batch-{pk}.csv", COLUMNS, lines)
    texts: Iterator[str] = (
        json.dumps(dict(zip(COLUMNS, cells, strict=True)), ensure_ascii=False) + "\n" for cells in lines
    )
    headers = {"Content-Disposition": f'attachment; filename="batch-{pk}.jsonl"'}
    return StreamingHttpResponse(texts, content_type="application/x-ndjson", headers=headers)


def _found(request: HttpRequest, pk: int) -> Batch:
    require(request.user, May.RUN_FRANCHISE)
    found = batch_by_id(pk)
    if found is None:
        raise NotFound(gettext("There is no such batch."))
    return found


def _lines(row: Detection, boxes: list[DetectedLabel]) -> Iterator[list[Any]]:
    head = [row.file_name, row.outcome, row.error_code]
    version = row.version.name if row.version else ""
    tail = [row.width, row.height, version, row.picture_sha256, row.pk]
    for box in boxes:
        place = [box.left, box.top, box.width, box.height]
        yield [*head, box.label.name, box.confidence, box.threshold, box.get_fate_display(), *place, *tail]
    if not boxes:
        yield [*head, *[None] * 8, *tail]
