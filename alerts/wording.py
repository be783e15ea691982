"""Alerts as sentences in the language in force."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext, ngettext

from alerts.domain.kinds import Kind
from alerts.domain.sentences import TITLES, say
from alerts.domain.wanted import Subject
from alerts.models import Alert
from portal.base.showing import show_instant, show_minutes


def title_of(alert: Alert) -> str:
    """Name what is wrong."""
    return gettext(TITLES[Kind(alert.kind)])


def subject_of(alert: Alert) -> str:
    """Name what it is about; a deployment with the number of its stores."""
    if alert.subject.startswith(Subject.FLEET):
        return gettext("the whole franchise")
    stores = int(alert.params.get("stores", 1))
    if stores <= 1:
        return alert.subject_name
    return ngettext("%(name)s (%(count)s store)", "%(name)s (%(count)s stores)", stores) % {
        "name": alert.subject_name,
        "count": stores,
    }


def sentence_of(alert: Alert, *, now: datetime) -> str:
    """Say what is wrong, instants on the clock of what it is about."""
    return say(
        Kind(alert.kind),
        alert.cause,
        alert.params,
        translate=gettext,
        show_instant=lambda at: show_instant(at, alert.timezone, now=now),
    )


def length_of(alert: Alert, *, now: datetime) -> str:
    """Say for how long it has been wrong, or was: in minutes or hours, in days from two days on."""
    minutes = int(((alert.ended_at or now) - alert.noticed_at).total_seconds() // 60)
    if minutes >= 48 * 60:
        return gettext("%(days)s days") % {"days": minutes // (24 * 60)}
    return show_minutes(max(0, minutes))
