"""POST /detections:import: a register's own log, as a stream of JSON Lines or as JSON values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from ninja import Query, Router

from detections.api.intake import instant
from detections.api.problems import ApiRefusal, Problem
from detections.api.registers import caller_of
from detections.api.schemas import FoundOut, ImportOut, ImportQuery, LineOut
from detections.domain.imports import NOT_JSON, EntryRefused, parse
from detections.services.import_log import Handed, import_log
from portal.base import clock
from stores.services.wording import in_words

LINES = {"application/x-ndjson", "application/jsonl", "application/jsonlines", "text/plain"}
router = Router(tags=["registers"])
MAX_LINE = 512 * 1024
MAX_ENTRIES = 100_000
BETWEEN = re.compile(r"[\s,]*")

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "One photo an entry; at most 100,000. docs/detections.md has the members.",
        "content": {
            "application/x-ndjson": {"schema": {"type": "string"}},
            "application/json": {"schema": {"anyOf": [{"type": "object"}, {"type": "array"}]}},
        },
    }
}


@router.post(
    "/detections:import",
    response={200: ImportOut, **dict.fromkeys((400, 401, 413, 415, 422, 429), Problem)},
    openapi_extra=BODY,
    operation_id="import_detections",
    summary="Hand in a log of photos that Rekognition was asked about elsewhere",
)
def import_detections(request: HttpRequest, asked: Query[ImportQuery]) -> Any:
    """Take up what can be taken; entries that are in the log already add nothing."""
    at, caller = clock.now(), caller_of(request)
    taken_at = instant(asked.taken_at, at) if asked.taken_at else None
    register = asked.register_id or caller.register
    handed = Handed(caller.store, caller.api_key, entries_of(request), taken_at=taken_at, register=register)
    report = import_log(handed, at=at)
    if not (report.imported or report.repeated or report.refused):
        raise ApiRefusal(422, "nothing_to_import", _("There is no entry in the request’s body."))
    return ImportOut(
        imported=report.imported,
        repeated=report.repeated,
        refused=report.refused,
        refusals=[LineOut(line=n, code=each.code, detail=in_words(each)) for n, each in report.refusals],
        detections=[FoundOut(line=n, id=pk) for n, pk in report.found.items()] if asked.ids else [],
    )


def entries_of(request: HttpRequest) -> Iterator[tuple[int, object]]:
    """Return the numbered entries of a request's body. Raises ApiRefusal for another kind of body."""
    kind = (request.content_type or "").lower()
    if kind in LINES:
        return _at_most(_lines(request))
    if kind == "application/json":
        return _at_most(_values(request))
    raise ApiRefusal(
        415,
        "unsupported_media_type",
        _("Send the log as application/x-ndjson, or Rekognition's answers as application/json."),
    )


def _at_most(entries: Iterator[tuple[int, object]]) -> Iterator[tuple[int, object]]:
    for count, (number, entry) in enumerate(entries, 1):
        if count > MAX_ENTRIES:
            yield (
                number,
                EntryRefused(
                    "too_many",
                    "At most %(most)s entries are taken at once. Send the rest again.",
                    most=MAX_ENTRIES,
                ),
            )
            return
        yield number, entry


def _lines(request: HttpRequest) -> Iterator[tuple[int, object]]:
    """Read line by line; one that is too long is skipped without being kept."""
    number = 0
    try:
        while line := request.readline(MAX_LINE):
            number += 1
            if not line.endswith(b"\n") and len(line) == MAX_LINE:
                _skip_line(request)
                yield (
                    number,
                    EntryRefused(
                        "line_too_long", "A line may have %(most)s bytes. Send fewer labels.", most=MAX_LINE
                    ),
                )
            elif line.strip():
                yield number, _parsed(line)
    except UnreadablePostError:
        yield number + 1, EntryRefused("cut_off", "The log was cut off here. Send it again: nothing doubles.")


def _skip_line(request: HttpRequest) -> None:
    while (rest := request.readline(MAX_LINE)) and not rest.endswith(b"\n"):
        pass


def _parsed(line: bytes) -> object:
    try:
        return parse(line)
    except EntryRefused as error:
        return error


def _values(request: HttpRequest) -> Iterator[tuple[int, object]]:
    """Read one value, a list of them, or several after another as the AWS CLI appends them to a file."""
    try:
        text = request.body.decode()
    except (RequestDataTooBig, SuspiciousOperation, UnreadablePostError, UnicodeDecodeError) as error:
        raise ApiRefusal(
            413 if isinstance(error, RequestDataTooBig) else 400,
            "unreadable_body",
            _("The body cannot be read at once. Send the log as application/x-ndjson, one entry a line."),
        ) from error
    decoder, number, place = json.JSONDecoder(), 0, BETWEEN.match(text).end()  # type: ignore[union-attr]  # may be empty
    while place < len(text):
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            yield number + 1, EntryRefused("not_json", NOT_JSON)
            return
        for each in value if isinstance(value, list) else [value]:
            number += 1
            yield number, each
        place = BETWEEN.match(text, place).end()  # type: ignore[union-attr]  # it matches nothing, too
