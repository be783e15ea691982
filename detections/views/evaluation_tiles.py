"""One picture with true and found boxes over it, or a cut-out of it around one case; as shares in percent."""

from __future__ import annotations

from typing import Any

from detections.domain.evaluation.confusion import Case, Cause
from detections.domain.evaluation.framing import window, within
from detections.domain.evaluation.judging import Seen, Wanted, weak_score
from detections.domain.places import Box
from detections.selectors.scored import Shot
from detections.views.evaluation_asked import Answered, picture_address
from detections.views.evaluation_words import cause_word

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def tray_tile(answer: Answered, seen: Seen, wanted: Wanted, *, is_small: bool) -> dict[str, Any]:
    """Return a whole picture with every box; those that are not looked at are faint."""
    shot, picture = answer.scored.shots[seen.picture], answer.judged.pictures[seen.picture]
    own = answer.judged.cases[seen.picture]
    drawn = [
        box | {"is_faint": not wanted.wants(picture, case)}
        for case in sorted(own, key=lambda case: case.cause is not Cause.HIT)
        for box in _boxes(answer, seen.picture, case, WHOLE)
    ]
    shown = own if not is_small else seen.cases
    return _shot(answer, shot, is_small=is_small) | {
        "boxes": drawn, "said": [_said(answer, seen.picture, case) for case in shown]
    }  # fmt: skip


def crop_tile(answer: Answered, number: int, case: Case) -> dict[str, Any]:
    """Return a square cut-out around a case, with where the picture stands behind it."""
    shot = answer.scored.shots[number]
    width, height = shot.sides or (1, 1)
    frame = window([box for _, box in _places(answer, number, case)], width=width, height=height)
    behind = within(frame, WHOLE)
    return _shot(answer, shot, is_small=False) | {
        "behind": _percent(behind), "boxes": _boxes(answer, number, case, frame),
        "said": [_said(answer, number, case)],
    }  # fmt: skip


def _shot(answer: Answered, shot: Shot, *, is_small: bool) -> dict[str, Any]:
    width, height = shot.sides or (4, 3)
    address = picture_address(answer.asked.version, shot, is_small=is_small)
    return {"shot": shot, "address": address, "width": width, "height": height}


def _places(answer: Answered, number: int, case: Case) -> list[tuple[str, Box]]:
    """Return the boxes of a case: the true one first, so that the found one lies over it."""
    picture, found = answer.judged.pictures[number], list[tuple[str, Box]]()
    if case.truth is not None:
        kind = "true" if case.cause is Cause.HIT else "fn"
        found.append((kind, picture.truths[case.truth].box))
    if case.found is not None:
        found.append(("tp" if case.cause is Cause.HIT else "fp", picture.found[case.found].box))
    return found


def _boxes(answer: Answered, number: int, case: Case, frame: Box) -> list[dict[str, Any]]:
    said = _said(answer, number, case)
    words = {"true": "", "fn": said["true"], "fp": said["named"], "tp": said["named"]}
    return [
        _percent(within(frame, box))
        | {
            "kind": kind,
            "text": words[kind],
            "score": said["score"] if kind in {"fp", "tp"} or case.found is None else None,
        }
        for kind, box in _places(answer, number, case)
    ]


def _said(answer: Answered, number: int, case: Case) -> dict[str, Any]:
    picture = answer.judged.pictures[number]
    found = None if case.found is None else picture.found[case.found]
    score = found.score if found else weak_score(picture, case)
    return {
        "cause": cause_word(case.cause), "is_right": case.cause is Cause.HIT,
        "true": "" if case.truth is None else picture.truths[case.truth].label,
        "named": found.label if found else "", "score": None if score is None else 100 * score,
    }  # fmt: skip


def _percent(box: Box) -> dict[str, Any]:
    sides = {"left": box.left, "top": box.top, "width": box.width, "height": box.height}
    return {name: 100 * side for name, side in sides.items()}
