"""Instants as people read them: local time with its zone, never a bare clock. Pure; no clock, no Django."""

from __future__ import annotations

from datetime import datetime


def zone_label(local: datetime) -> str:
    """Return the zone's abbreviation ("JST"), or its offset where the zone has none ("UTC+05:45")."""
    name = local.tzname() or ""
    if name and not name.startswith(("+", "-")):
        return name
    offset = local.strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:5]}" if offset else "UTC"


def plain_instant(local: datetime) -> str:
    """Return "2026-11-23 19:30 JST": the form that reads the same in every language."""
    return f"{local:%Y-%m-%d %H:%M} {zone_label(local)}"
