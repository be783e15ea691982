"""What a comparison says, as sentences that tell what to do."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext

from detections.domain.evaluation.comparison import Change, Hurdle


def _(text: str) -> str:
    return text


HURDLES = {
    Hurdle.WORSE_OVERALL: _("Over all breads it is worse: F1 %(value)+.3f."),
    Hurdle.RECALL_FELL: _("“%(label)s” is found less often, beyond doubt: recall %(value)+.3f."),
    Hurdle.BESTSELLER_FELL: _("“%(label)s” sells a lot and is found less often: recall %(value)+.3f."),
    Hurdle.LABEL_GONE: _("“%(label)s” is on the pictures, but the new version has not learnt it."),
    Hurdle.TOO_FEW_PICTURES: _(
        "Only %(value)d pictures were seen by both: ten are the least. Review more, or try it on photos."
    ),
}
CHANGES = {
    Change.FIXED: _("Wrong before, right now"),
    Change.BROKEN: _("Right before, wrong now"),
    Change.STILL_WRONG: _("Wrong in both"),
    Change.STILL_RIGHT: _("Right in both"),
}


def failures_told(failures: Iterable[tuple[str, str, float | None]]) -> list[str]:
    """Return the hurdles that were not taken, as sentences."""
    return [
        gettext(HURDLES[Hurdle(hurdle)]) % {"label": label, "value": value or 0}
        for hurdle, label, value in failures
    ]


def change_told(change: Change) -> str:
    """Return what became of a picture."""
    return gettext(CHANGES[change])
