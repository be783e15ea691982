"""Shares, latencies and failures as the pages of health write them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from babel.numbers import format_percent
from django import template

from detections.domain.health import Health
from detections.domain.localdays import HourRow
from detections.domain.strips import HEIGHT, Strip
from detections.models import Detection
from models_registry.templatetags.registry import number
from portal.base.showing import locale
from stores.domain.localtime import local_date as local_date_of

register = template.Library()
LEAST_SHARE = 0.001
OUTCOMES = dict(Detection.Outcome.choices)


@register.filter
def share(ratio: float | None) -> str:
    """Write a share of photos: one decimal below ten per cent, none above; a dash without photos."""
    if ratio is None:
        return "–"
    if 0 < ratio < LEAST_SHARE:
        return f"<{share(LEAST_SHARE)}"
    return format_percent(ratio, format="#,##0.#%" if ratio < 0.1 else "#,##0%", locale=locale())


@register.filter
def ms(milliseconds: float | None) -> str:
    """Write a latency."""
    return "–" if milliseconds is None else f"{number(round(milliseconds))} ms"


@register.filter
def failures(health: Health) -> list[dict[str, Any]]:
    """Return the outcomes without an answer, the most frequent first, with the codes behind each."""
    by_outcome: Counter[str] = Counter()
    codes: dict[str, list[str]] = {}
    for key, photos in sorted(health.errors.items(), key=lambda item: -item[1]):
        outcome, _, code = key.partition(":")
        by_outcome[outcome] += photos
        codes.setdefault(outcome, []).append(f"{code or outcome.lower()} × {number(photos)}")
    return [
        {
            "outcome": name,
            "title": OUTCOMES.get(name, name),
            "photos": photos,
            "codes": ", ".join(codes[name]),
        }
        for name, photos in by_outcome.most_common()
    ]


@register.inclusion_tag("detections/_strip.html")
def health_strip(strip: Strip) -> dict[str, Any]:
    """Draw a strip with its sum in words for those who do not see it."""
    return {"strip": strip, "height": HEIGHT}


@register.filter
def local_date(at: datetime, timezone: str) -> str:
    """Write the day of an instant on the clock of a zone, as addresses take it."""
    return f"{local_date_of(timezone, at):%Y-%m-%d}"


@register.filter
def times_query(row: HourRow) -> str:
    """Return the times of an hour as the history's address takes them."""
    return f"time_from={row.time_from:%H:%M}&time_to={row.time_to:%H:%M}"
