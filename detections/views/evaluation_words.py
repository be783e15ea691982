"""Words and figures of the pages that show how good a version is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from detections.domain.evaluation.confusion import BACKGROUND, Cause
from detections.domain.evaluation.judging import Outcome
from detections.domain.evaluation.snapshot import WHAT_TO_DO, Flag
from detections.domain.evaluation.table import OTHERS


def cause_word(cause: Cause) -> str:
    """Name what a finding or a true box turned out to be."""
    names: Mapping[Cause, str] = {
        Cause.HIT: gettext("right"), Cause.WRONG_LABEL: gettext("wrong label"),
        Cause.DUPLICATE: gettext("same bread again"), Cause.BAD_BOX: gettext("bad box"),
        Cause.SPURIOUS: gettext("nothing there"), Cause.NEAR_MISS: gettext("near miss"),
        Cause.MISSED: gettext("missed"),
    }  # fmt: skip
    return names[cause]


def outcome_words() -> list[tuple[Outcome, str]]:
    """Return outcomes with their names, in the order of the console."""
    return [
        (Outcome.TP, gettext("found, right (TP)")), (Outcome.FP, gettext("found, wrong (FP)")),
        (Outcome.FN, gettext("not found (FN)")),
    ]  # fmt: skip


def flag_word(flag: Flag) -> str:
    """Name AWS's flag, or ours in its words."""
    names: Mapping[Flag, str] = {
        Flag.TP: gettext("right"), Flag.FP: gettext("wrong"), Flag.FN: gettext("not found"),
        Flag.TN: gettext("nothing there"),
    }  # fmt: skip
    return names[flag]


def name_shown(label: str) -> str:
    """Name a row of the matrix."""
    if label == BACKGROUND:
        return gettext("no bread")
    return gettext("all others") if label == OTHERS else label


def problem_sentence(code: str) -> str:
    """Say why a test set cannot be shown, and what to do."""
    return gettext(WHAT_TO_DO[code]) if code else ""


def simulator_words() -> dict[str, Any]:
    """Return what the simulator says."""
    return {
        "outcome": gettext(
            "per 1,000 trays: {questions} questions, {wrong} wrong charges, {missed} missed breads"
        ),
        "changed": gettext("Changed: {labels}"),
        "unchanged": gettext("Move a threshold first: nothing differs from what is in force."),
        "lost": gettext("The portal did not answer. Nothing was published; press the button again."),
    }
