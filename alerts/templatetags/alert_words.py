"""Alerts in this reader's language; tags take rows, they never ask the database."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.translation import gettext

from alerts.domain.kinds import RULES, Kind, Severity
from alerts.domain.sentences import ADVICE, DUTIES, SEVERITIES
from alerts.models import Alert, Delivery
from alerts.wording import length_of, subject_of, title_of
from alerts.wording import sentence_of as say_sentence
from stores.domain.hours import clock_text

register = template.Library()

ICONS = {
    Kind.NOT_READY: "storefront", Kind.STILL_RUNNING: "local_fire_department",
    Kind.STUCK: "hourglass_disabled", Kind.FAILED: "error", Kind.NO_SLOT: "hourglass_top",
    Kind.QUOTA: "stacks", Kind.ORPHAN: "link_off", Kind.STRAY: "nightlight",
    Kind.TICK_OLD: "heart_broken", Kind.AWS_UNREACHABLE: "cloud_off",
    Kind.ERROR_RATE: "no_photography", Kind.SLOW: "speed", Kind.OVER_BUDGET: "payments",
    Kind.DRIFT: "trending_down", Kind.KEY_UNUSED: "key_off", Kind.KEY_LEAKING: "key",
    Kind.SIGNS_REFUSED: "monitor_heart", Kind.METER_DIFFERS: "difference",
}  # fmt: skip


@register.filter
def alert_title(alert: Alert) -> str:
    """Name what is wrong."""
    return title_of(alert)


@register.filter
def alert_subject(alert: Alert) -> str:
    """Name what it is about."""
    return subject_of(alert)


@register.simple_tag
def alert_sentence(alert: Alert, now: datetime) -> str:
    """Say what is wrong, with its facts."""
    return say_sentence(alert, now=now)


@register.filter
def alert_icon(alert: Alert) -> str:
    return ICONS[Kind(alert.kind)]


@register.filter
def alert_advice(alert: Alert) -> str:
    """Say what to do."""
    return gettext(ADVICE[Kind(alert.kind)])


@register.filter
def alert_owner(alert: Alert) -> str:
    """Name whose it is."""
    return gettext(DUTIES[RULES[Kind(alert.kind)].owner])


@register.filter
def severity_word(severity: str) -> str:
    return gettext(SEVERITIES[Severity(severity)])


@register.simple_tag
def alert_length(alert: Alert, now: datetime) -> str:
    """Write for how long it has been wrong, or was."""
    return length_of(alert, now=now)


@register.filter
def special_hours(hours: list[list[int]]) -> str:
    """Write the hours of a special day."""
    return ", ".join(f"{clock_text(opens)}–{clock_text(closes)}" for opens, closes in hours)


@register.filter
def receiver(delivery: Delivery) -> str:
    """Name who a message went to."""
    user = delivery.user
    return str(delivery.channel) if user is None else user.get_full_name() or user.get_username()
