"""What a version saw, case by case: right, found wrongly, not found; and the pictures of its test set."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from detections.domain.evaluation.confusion import Case
from detections.domain.evaluation.judging import Seen, Wanted, chosen
from detections.domain.pictures import PictureRefused
from detections.forms.cases import PER_PAGE, CasesAsked, Look, cases_asked
from detections.gateways.pixels import THUMBNAIL_SIDE, shown_picture
from detections.selectors.snapshots import source_of
from detections.views.evaluation_asked import Answered, answered, asked_for
from detections.views.evaluation_tiles import crop_tile, tray_tile
from detections.views.evaluation_words import cause_word, name_shown, outcome_words, problem_sentence
from models_registry.domain.objects import ObjectStoreError, place_of
from portal.base.errors import NotFound
from portal.base.site import page, show

SHOWN_SIDE = 1_280
MAX_PICTURE_BYTES = 15 * 1024 * 1024
"""What a training takes from S3."""


@page
def cases(request: HttpRequest, pk: int) -> HttpResponse:
    """Show pictures with true and found boxes over them, by outcome and label."""
    asked = asked_for(request, pk)
    answer = answered(request, asked)
    said = cases_asked(request.GET)
    context = {
        "title": gettext("What %(version)s saw") % {"version": asked.version.name},
        "version": asked.version, "scored": answer.scored, "look": said.look,
        "problem": problem_sentence(answer.scored.problem), "outcomes": outcome_words(),
        "labels": list(answer.judged.curves), "wanted": said.wanted, "said": _told(said.wanted),
    }  # fmt: skip
    return show(request, "detections/evaluation_cases.html", context | _sheet(request, answer, said))


@page
def picture(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Send one picture of a version's test set, made smaller; to those who see every store."""
    asked = asked_for(request, pk)
    source = source_of(asked.version, number, open_objects=asked.open_objects) if asked.open_objects else None
    if source is None or asked.open_objects is None:
        raise NotFound(gettext("There is no such picture among yours."))
    side = THUMBNAIL_SIDE if request.GET.get("size") == "thumb" else SHOWN_SIDE
    try:
        content = asked.open_objects().read(*place_of(source), max_bytes=MAX_PICTURE_BYTES)
        answer = HttpResponse(shown_picture(content, side=side), content_type="image/jpeg")
    except (ObjectStoreError, PictureRefused) as error:
        raise NotFound(error.message) from error
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _sheet(request: HttpRequest, answer: Answered, said: CasesAsked) -> dict[str, Any]:
    """Return the tiles of one page with the addresses of those beside it."""
    every = list(chosen(answer.judged, said.wanted))
    flat = [(seen, case) for seen in every for case in seen.cases]
    total = len(flat) if said.look is Look.CROPS else len(every)
    per = PER_PAGE[said.look]
    pages = max(1, -(-total // per))
    number = min(max(1, _place(every, said.picture) or said.page), pages)
    start = (number - 1) * per
    if said.look is Look.CROPS:
        tiles = [_crop(request, answer, seen, case) for seen, case in flat[start : start + per]]
    else:
        tiles = [_tray(request, answer, said, seen, place)
                 for place, seen in enumerate(every[start : start + per], start=start + 1)]  # fmt: skip
    return {
        "tiles": tiles, "total": total, "cases": len(flat), "number": number, "pages": pages,
        "previous": _query(request, page=number - 1) if number > 1 else "",
        "next": _query(request, page=number + 1) if number < pages else "",
        "looks": [(look, word, _query(request, **{"as": look, "page": 1})) for look, word in _looks()],
        "query": _query(request, page=1),
    }  # fmt: skip


def _place(every: list[Seen], picture: int | None) -> int | None:
    """Return the page of a picture among those that are looked at one by one."""
    places = (place for place, seen in enumerate(every, start=1) if seen.picture == picture)
    return next(places, None)


def _crop(request: HttpRequest, answer: Answered, seen: Seen, case: Case) -> dict[str, Any]:
    alone = _query(request, **{"as": Look.ONE, "page": 1, "picture": seen.picture})
    return crop_tile(answer, seen.picture, case) | {"alone": alone}


def _tray(request: HttpRequest, answer: Answered, said: CasesAsked, seen: Seen, place: int) -> dict[str, Any]:
    is_small = said.look is Look.TRAYS
    alone = _query(request, **{"as": Look.ONE, "page": place}) if is_small else ""
    return tray_tile(answer, seen, said.wanted, is_small=is_small) | {"alone": alone}


def _query(request: HttpRequest, **changed: object) -> str:
    query = request.GET.copy()
    query.pop("picture", None)
    for name, value in changed.items():
        query[name] = str(value)
    return query.urlencode()


def _looks() -> list[tuple[Look, str]]:
    return [(Look.CROPS, gettext("crops")), (Look.TRAYS, gettext("trays")), (Look.ONE, gettext("one by one"))]


def _told(wanted: Wanted) -> list[str]:
    """Say what the address asks for beyond the fields of the form."""
    told = []
    if wanted.true is not None:
        told.append(gettext("truly %(bread)s") % {"bread": name_shown(wanted.true)})
    if wanted.named is not None:
        told.append(gettext("named %(bread)s") % {"bread": name_shown(wanted.named)})
    if wanted.cause is not None:
        told.append(cause_word(wanted.cause))
    return told
