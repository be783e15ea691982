"""A register's own log, entry by entry: what it saw, when, and what went wrong.

Two shapes are read, and may be mixed:

    ours             {"id", "taken_at", "register_id", "labels": [{"label", "confidence", "box"}],
                      "model_version", "sha256", "width", "height", "milliseconds", "error", "sold"}
    Rekognition's    {"CustomLabels": [{"Name", "Confidence", "Geometry": {"BoundingBox"}}]}, with any of
                      the members above beside it (API reference, DetectCustomLabels)

An entry without an id has that of its answer (ResponseMetadata.RequestId), else the digest of what it says,
so that handing it in twice adds nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from detections.domain.outcomes import Outcome
from detections.domain.places import Box, RawLabel
from stores.domain.sentences import Refusal

OLDEST, AHEAD = timedelta(days=3660), timedelta(minutes=10)
MAX_LABELS, MAX_SOLD, MAX_SIDE, MAX_MILLISECONDS = 1_000, 300, 100_000, 3_600_000
ID = re.compile(r"[\x21-\x7e]{1,80}")
SHA256 = re.compile(r"[0-9a-f]{64}")
WORD = re.compile(r"[^\x00\ud800-\udfff]{1,255}")
REGISTER = re.compile(r"[^\x00-\x1f\ud800-\udfff]{0,40}")
CODE = re.compile(r"[A-Za-z0-9_.:-]{1,50}")
OURS, AMAZONS = ("left", "top", "width", "height"), ("Left", "Top", "Width", "Height")
NOT_JSON = "This is not JSON. Send one entry a line, without line breaks inside."

OUTCOMES = {
    "ThrottlingException": Outcome.THROTTLED,
    "ProvisionedThroughputExceededException": Outcome.THROTTLED,
    "ResourceNotReadyException": Outcome.NOT_RUNNING,
    "InternalServerError": Outcome.AWS_DOWN,
    "ServiceUnavailableException": Outcome.AWS_DOWN,
    "Timeout": Outcome.AWS_DOWN,
    "EndpointConnectionError": Outcome.AWS_DOWN,
    "ConnectTimeoutError": Outcome.AWS_DOWN,
    "ReadTimeoutError": Outcome.AWS_DOWN,
}
"""What an error in a register's log means; another one is AWS's refusal."""


class EntryRefused(Refusal):
    """An entry that cannot be taken up. `code` says why."""

    def __init__(self, code: str, template: str, **params: object) -> None:
        super().__init__(template, **params)
        self.code = code


@dataclass(frozen=True, slots=True)
class Logged:
    """One photo of a register's own log. `sold` is None where the register does not say."""

    id: str
    digest: str
    taken_at: datetime
    register: str
    labels: tuple[RawLabel, ...]
    version: str
    error: str
    sha256: str
    width: int | None
    height: int | None
    milliseconds: int | None
    sold: tuple[str, ...] | None

    @property
    def outcome(self) -> Outcome:
        return OUTCOMES.get(self.error, Outcome.AWS_REFUSED) if self.error else Outcome.ANSWERED


def parse(text: bytes) -> object:
    """Return the JSON of one line. Raises EntryRefused."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EntryRefused("not_json", NOT_JSON) from error


def read_entry(entry: object, *, at: datetime, taken_at: datetime | None, register: str) -> Logged:
    """Check an entry whole; `taken_at` and `register` are for one that says none. Raises EntryRefused."""
    if not isinstance(entry, dict):
        raise EntryRefused("not_an_object", "An entry must be a JSON object: {…}.")
    has_answer = "CustomLabels" in entry or "labels" in entry
    error = _error(entry.get("error"))
    if has_answer == bool(error):
        raise EntryRefused(
            "no_answer", "An entry needs either “labels” (or “CustomLabels”) or “error”, and not both."
        )
    taken = _taken_at(entry, at, taken_at)
    told = json.dumps(entry, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(f"{taken.isoformat()} {told}".encode("utf-8", "surrogatepass")).hexdigest()
    return Logged(
        id=_id(entry) or digest,
        digest=digest,
        taken_at=taken,
        register=_text(entry, "register_id", REGISTER) or register,
        labels=_labels(entry),
        version=_text(entry, "model_version", WORD),
        error=error,
        sha256=_text(entry, "sha256", SHA256),
        width=_number(entry, "width", MAX_SIDE),
        height=_number(entry, "height", MAX_SIDE),
        milliseconds=_number(entry, "milliseconds", MAX_MILLISECONDS),
        sold=_sold(entry.get("sold")),
    )


def _id(entry: Mapping[str, Any]) -> str:
    given = _text(entry, "id", ID)
    said = entry.get("ResponseMetadata")
    request = said.get("RequestId", "") if isinstance(said, dict) else ""
    return given or (request if isinstance(request, str) and ID.fullmatch(request) else "")


def _error(said: object) -> str:
    if said is None or said == "":
        return ""
    if not isinstance(said, str) or not CODE.fullmatch(said):
        raise EntryRefused("invalid_error", "“error” must be AWS's error code, such as ThrottlingException.")
    return said


def _text(entry: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    text = entry.get(name)
    if text is None or text == "":
        return ""
    if not isinstance(text, str) or not pattern.fullmatch(text):
        raise EntryRefused(f"invalid_{name}", "“%(name)s” is not of the form that is documented.", name=name)
    return text


def _number(entry: Mapping[str, Any], name: str, most: int) -> int | None:
    number = entry.get(name)
    if number is None:
        return None
    if type(number) is not int or not 0 <= number <= most:
        raise EntryRefused(
            f"invalid_{name}", "“%(name)s” must be a whole number from 0 to %(most)s.", name=name, most=most
        )
    return number


def _taken_at(entry: Mapping[str, Any], at: datetime, otherwise: datetime | None) -> datetime:
    """Return when it was taken: as the entry says, else as the answer is dated, else `otherwise`."""
    taken = _instant(entry.get("taken_at")) if entry.get("taken_at") else _dated(entry) or otherwise
    if taken is None:
        raise EntryRefused(
            "invalid_taken_at", "“taken_at” must be an instant with its zone: 2026-11-24T09:30:00+09:00."
        )
    if not at - OLDEST < taken <= at + AHEAD:
        raise EntryRefused(
            "invalid_taken_at", "“taken_at” lies in the future or too far back. Check the clock."
        )
    return taken


def _instant(text: object) -> datetime | None:
    try:
        taken = datetime.fromisoformat(text) if isinstance(text, str) else None
        return taken.astimezone(UTC) if taken is not None and taken.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _dated(entry: Mapping[str, Any]) -> datetime | None:
    said = entry.get("ResponseMetadata")
    headers = said.get("HTTPHeaders") if isinstance(said, dict) else None
    text = headers.get("date") if isinstance(headers, dict) else None
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if isinstance(text, str) else None
    except (ValueError, TypeError, OverflowError):
        return None


def _labels(entry: Mapping[str, Any]) -> tuple[RawLabel, ...]:
    is_amazons = "CustomLabels" in entry
    listed = entry.get("CustomLabels" if is_amazons else "labels", [])
    if not isinstance(listed, list) or len(listed) > MAX_LABELS:
        raise EntryRefused("invalid_labels", "Labels must be a list of at most %(most)s.", most=MAX_LABELS)
    return tuple(map(_amazons if is_amazons else _ours, listed))


def _amazons(one: Any) -> RawLabel:
    try:
        geometry = one.get("Geometry")
        return _label(one["Name"], one["Confidence"], geometry["BoundingBox"] if geometry else None, AMAZONS)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise _odd_label() from error


def _ours(one: Any) -> RawLabel:
    try:
        return _label(one["label"], one["confidence"], one.get("box"), OURS)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise _odd_label() from error


def _label(name: Any, confidence: Any, box: Any, sides: Sequence[str]) -> RawLabel:
    """Raises TypeError or KeyError for another shape, EntryRefused for numbers out of range."""
    if not WORD.fullmatch(name) or not 0 <= confidence <= 100:
        raise _odd_label()
    if box is None:
        return RawLabel(name, float(confidence))
    left, top, width, height = (float(box[side]) for side in sides)
    if not (-1 <= left <= 2 and -1 <= top <= 2 and 0 < width <= 2 and 0 < height <= 2):
        raise _odd_label()
    return RawLabel(name, float(confidence), Box(left, top, width, height))


def _odd_label() -> EntryRefused:
    return EntryRefused(
        "invalid_labels",
        "A label needs a name, a confidence from 0 to 100 and, if it has a box, four shares of it.",
    )


def _sold(said: object) -> tuple[str, ...] | None:
    if said is None:
        return None
    if (
        not isinstance(said, list)
        or len(said) > MAX_SOLD
        or not all(isinstance(each, str) and WORD.fullmatch(each) for each in said)
    ):
        raise EntryRefused(
            "invalid_sold",
            "“sold” must be a list of at most %(most)s labels, one for each item.",
            most=MAX_SOLD,
        )
    return tuple(said)
