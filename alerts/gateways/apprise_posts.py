"""Slack, Microsoft Teams, LINE and SMS, through apprise and behind an allow-list.

Apprise knows a hundred kinds of address, some of which read files or call any host. Only the four plugins
below are loaded, and only the forms below get to them, written anew from their checked parts, so that nothing
that rides along in an address has an effect.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from apprise import LogCapture
from apprise.plugins.line import NotifyLine
from apprise.plugins.slack import NotifySlack
from apprise.plugins.sns import NotifySNS
from apprise.plugins.workflows import NotifyWorkflows

from alerts.domain.ports import AddressRefused, CannotDeliver, Letter

TIMEOUT_SECONDS = 10.0
_CAPTURE: Any = LogCapture
TEAMS_HOSTS = (".logic.azure.com", ".api.powerplatform.com")
TEAMS_QUERY = ("api-version", "sp", "sv", "sig")
SLACK = re.compile(r"https://hooks\.slack\.com/services/(T[A-Z0-9]+)/(B[A-Z0-9]+)/([A-Za-z0-9]{16,40})/?")
LINE = re.compile(r"line://([A-Za-z0-9+/=]{20,400})/([UCR][0-9a-f]{32})")
SNS = re.compile(r"sns://([A-Z0-9]{16,128})/([A-Za-z0-9+/=]{20,128})/([a-z]{2}(?:-[a-z]+)+-\d)/(\+\d{8,15})")


def _slack(address: str) -> tuple[str, str]:
    found = _matched(SLACK, address, "Slack: https://hooks.slack.com/services/T…/B…/…")
    return f"slack://{found[1]}/{found[2]}/{found[3]}", f"hooks.slack.com/…/{found[2]}"


def _workflows(address: str) -> tuple[str, str]:
    form = "Teams: the https address that a Workflows webhook shows"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressRefused(f"This address is not of the form {form}.") from error
    is_theirs = parts.scheme == "https" and host.endswith(TEAMS_HOSTS) and port in {None, 443}
    if not is_theirs or parts.username or "/workflows/" not in parts.path:
        raise AddressRefused(f"This address is not of the form {form}.")
    query = dict(parse_qsl(parts.query))
    if "sig" not in query:
        raise AddressRefused(f"This address is not of the form {form}.")
    kept = urlencode({name: query[name] for name in TEAMS_QUERY if name in query})
    return f"https://{host}:443{quote(parts.path)}?{kept}", host


def _line(address: str) -> tuple[str, str]:
    found = _matched(LINE, address, "LINE: line://<channel access token>/<user, group or room id>")
    return f"line://{quote(found[1], safe='')}/{found[2]}", f"LINE {found[2][:5]}…"


def _sns(address: str) -> tuple[str, str]:
    found = _matched(SNS, address, "SMS: sns://<access key>/<secret>/<region>/+81…")
    url = f"sns://{found[1]}/{quote(found[2], safe='')}/{found[3]}/{found[4]}"
    return url, f"SMS …{found[4][-4:]}"


def _matched(pattern: re.Pattern[str], address: str, form: str) -> re.Match[str]:
    found = pattern.fullmatch(address.strip())
    if found is None:
        raise AddressRefused(f"This address is not of the form {form}.")
    return found


FORMS: Mapping[str, Callable[[str], tuple[str, str]]] = {
    "SLACK": _slack,
    "WORKFLOWS": _workflows,
    "LINE": _line,
    "SNS": _sns,
}
PLUGINS: Mapping[str, Any] = {
    "SLACK": NotifySlack,
    "WORKFLOWS": NotifyWorkflows,
    "LINE": NotifyLine,
    "SNS": NotifySNS,
}


def read_address(kind: str, address: str) -> tuple[Any, str]:
    """Return the service behind an address and what of it may be shown; raise AddressRefused."""
    url, hint = FORMS[kind](address)
    plugin = PLUGINS[kind]
    parts = plugin.parse_native_url(url) if url.startswith("https:") else plugin.parse_url(url)
    try:
        return plugin(**parts), hint
    except TypeError as error:
        raise AddressRefused("This address is not complete. Copy it whole.") from error


def send_by_apprise(kind: str, address: str, letter: Letter) -> None:
    """Hand a letter over. Raises CannotDeliver with what the service said."""
    try:
        service, _ = read_address(kind, address)
    except AddressRefused as error:
        raise CannotDeliver(error.message, retryable=False) from error
    service.redirects = False
    service.socket_connect_timeout = service.socket_read_timeout = TIMEOUT_SECONDS
    with _CAPTURE(level=logging.WARNING, fmt="%(message)s") as said:
        is_sent = service.notify(title=letter.subject, body=letter.body)
        reason = said.getvalue().strip().splitlines() if not is_sent else []
    if not is_sent:
        raise CannotDeliver((reason[-1] if reason else "The service did not take it.")[:300])
