"""What a message says: one for everything of one kind and cause, in its reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import translation

from alerts.domain.kinds import Kind, Severity
from alerts.domain.sentences import ADVICE, SEVERITIES
from alerts.domain.telling import Event
from alerts.models import Alert
from alerts.wording import length_of, sentence_of, subject_of, title_of
from portal.base.mail import public_address, written

NAMED = 12
"""So many places are named; the link leads to the rest."""
MOST_IN_PAYLOAD = 200


class Written(NamedTuple):
    """A message as it will be sent."""

    subject: str
    body: str
    payload: dict[str, Any]


def compose(event: Event, alerts: Sequence[Alert], *, language: str, at: datetime) -> Written:
    """Write a message about alerts of one group."""
    first = alerts[0]
    link = link_to(alerts)
    with translation.override(language):
        title, severity = title_of(first), translation.gettext(SEVERITIES[Severity(first.severity)])
        context = {
            "event": event.value, "title": title, "severity": severity, "count": len(alerts),
            "subject": subject_of(first), "sentence": sentence_of(first, now=at),
            "advice": translation.gettext(ADVICE[Kind(first.kind)]),
            "names": [subject_of(each) for each in alerts[:NAMED]], "more": max(0, len(alerts) - NAMED),
            "length": length_of(max(alerts, key=_seconds), now=at), "link": link,
            "settings": public_address(reverse("notification-wishes")),
        }  # fmt: skip
    subject, body = written(template="alerts/mail/alert", context=context, language=language)
    return Written(subject, body, _payload(event, alerts, link=link, title=title, subject=subject))


def link_to(alerts: Sequence[Alert]) -> str:
    """Return where the alerts of a message are found: one by itself, several as a list."""
    if len(alerts) == 1:
        return public_address(reverse("alert", args=[alerts[0].pk]))
    return public_address(f"{reverse('alerts')}?{urlencode({'group': alerts[0].group})}")


def _seconds(alert: Alert) -> float:
    return ((alert.ended_at or alert.noticed_at) - alert.noticed_at).total_seconds()


def _payload(event: Event, alerts: Sequence[Alert], *, link: str, title: str, subject: str) -> dict[str, Any]:
    """Return what a webhook receives; `alerts` holds the first two hundred."""
    first = alerts[0]
    return {
        "event": event.value,
        "kind": first.kind,
        "severity": first.severity,
        "cause": first.cause,
        "count": len(alerts),
        "title": title,
        "text": subject,
        "link": link,
        "alerts": [
            {
                "id": each.pk,
                "subject": each.subject,
                "name": each.subject_name,
                "since": each.noticed_at.isoformat(),
                "until": each.ended_at.isoformat() if each.ended_at else None,
                "params": each.params,
            }
            for each in alerts[:MOST_IN_PAYLOAD]
        ],
    }
