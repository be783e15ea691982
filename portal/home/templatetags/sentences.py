"""Codes as words in templates: states, problems, reasons."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils.translation import gettext

from models_registry.selectors.fleet import ModelState
from portal.home.saying import STATE_ICONS, STATE_WORDS, say_problem, say_reason
from stores.domain.hours import clock_text
from stores.domain.typed import hours_text

register = template.Library()


@register.filter
def problem(code: str) -> str:
    return say_problem(code)


@register.filter
def clock_minute(minute: int) -> str:
    """Write a minute of the day as people type it; past midnight it goes on counting."""
    return clock_text(minute)


@register.filter
def day_hours(hours: Iterable[Iterable[int]]) -> str:
    return hours_text(hours)


@register.filter
def state_word(state: ModelState) -> str:
    return gettext(STATE_WORDS[state])


@register.filter
def state_icon(state: ModelState) -> str:
    return STATE_ICONS[state]


@register.simple_tag
def reason(code: str, params: Mapping[str, Any], timezone: str, now: datetime) -> str:
    return say_reason(code, params, timezone=timezone, now=now)


@register.simple_tag
def because(decision_params: Mapping[str, Any], timezone: str, now: datetime) -> str:
    """Say the wish behind a decision; nothing where a decision has none."""
    wish = decision_params.get("because") or {}
    if not wish.get("code"):
        return ""
    return say_reason(wish["code"], wish.get("params") or {}, timezone=timezone, now=now)
