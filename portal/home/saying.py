"""Reason codes as sentences in this reader's language and the store's time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from models_registry.domain.explanation import Explanation
from models_registry.domain.reasons import sentence
from models_registry.domain.telling import say
from models_registry.selectors.fleet import NOT_READY_ELSEWHERE, ModelState
from portal.base.showing import show_instant

ELSEWHERE = _("Its deployment is wanted already, but the model is not ready yet.")
STATE_WORDS = {
    ModelState.RUNNING: _("Ready"),
    ModelState.STARTING: _("Starting"),
    ModelState.STOPPING: _("Stopping"),
    ModelState.OFF: _("Off"),
    ModelState.UNKNOWN: _("Unknown"),
    ModelState.NONE: _("No deployment"),
}
TOPIC_ICONS = {
    "clock": "schedule", "rule": "event_repeat", "special": "event_busy", "person": "person",
    "override": "bolt", "lead": "timer", "yes": "check_circle", "no": "bedtime", "control": "tune",
    "deployment": "rocket_launch", "wish": "flag", "ahead": "update", "decision": "gavel",
    "refused": "error", "changed": "published_with_changes", "run": "receipt_long", "norun": "receipt_long",
    "outside": "open_in_new", "next": "arrow_forward",
}  # fmt: skip
STATE_ICONS = {
    ModelState.RUNNING: "local_fire_department",
    ModelState.STARTING: "hourglass_top",
    ModelState.STOPPING: "hourglass_bottom",
    ModelState.OFF: "bedtime",
    ModelState.UNKNOWN: "help",
    ModelState.NONE: "link_off",
}


def say_problem(code: str) -> str:
    """Return what is wrong as a sentence."""
    return gettext(ELSEWHERE) if code == NOT_READY_ELSEWHERE else sentence(code, {}, translate=gettext)


def say_reason(code: str, params: Mapping[str, Any], *, timezone: str, now: datetime) -> str:
    """Return a reason as a sentence, its instants on the store's clock."""
    return sentence(
        code, params, translate=gettext, show_instant=lambda at: show_instant(at, timezone, now=now)
    )


class Said(NamedTuple):
    """A sentence of an explanation with its symbol."""

    topic: str
    icon: str
    text: str


def say_explanation(told: Explanation, *, now: datetime) -> list[Said]:
    """Return an explanation's sentences in the reader's language, its instants on the store's clock."""

    def shown(at: datetime) -> str:
        return show_instant(at, told.timezone, now=now)

    return [
        Said(each.topic, TOPIC_ICONS[each.topic], say(each, translate=gettext, show_instant=shown))
        for each in told.statements()
    ]
