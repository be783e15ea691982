"""Our own signed webhook: one POST to an address that is checked when resolved; no redirect is followed.

The name is resolved once for each call, every answer must be a public address, and the connection goes to
that very address: a name that turns private between check and call (DNS rebinding) reaches nothing.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from alerts.domain.ports import AddressRefused, CannotDeliver, Letter
from alerts.domain.signing import signature

TIMEOUT_SECONDS = 10
MOST_SECONDS = 20
"""A call is cut off then, however slowly its answer trickles."""
MOST_ANSWER_BYTES = 2_000
PUBLIC_IPV6 = ip_network("2000::/3")
TUNNELS = (ip_network("2002::/16"), ip_network("2001::/32"))
"""Ranges in it that carry an IPv4 address inside, perhaps a private one; the others lie outside of it."""


def check_address(address: str) -> SplitResult:
    """Return a webhook's address in parts, or raise AddressRefused with what is taken."""
    try:
        parts = urlsplit(address)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise AddressRefused("This is not an address such as https://example.com/hook.") from error
    schemes = {"https", "http"} if settings.WEBHOOKS_PRIVATE else {"https"}
    is_plain = (parts.path + parts.query).isascii()
    if parts.scheme not in schemes or not parts.hostname or port == 0 or not is_plain:
        raise AddressRefused("A webhook needs an address such as https://example.com/hook.")
    if parts.username or parts.password or parts.fragment:
        raise AddressRefused("Leave user, password and # out of the address; calls are signed.")
    literal = _literal(parts.hostname)
    if literal is not None:
        _refuse_private([literal])
    return parts


def send_webhook(address: str, secret: str, letter: Letter, *, now: int) -> None:
    """Make one signed call; any 2xx is success. Raises CannotDeliver."""
    try:
        parts = check_address(address)
    except AddressRefused as error:
        raise CannotDeliver(error.message, retryable=False) from error
    body = json.dumps(letter.payload, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Kamado",
        "Kamado-Delivery": str(letter.pk),
        "Kamado-Signature": signature(secret, timestamp=now, body=body),
    }
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _connection(parts)
    alarm = threading.Timer(MOST_SECONDS, connection.cut)
    alarm.start()
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read(MOST_ANSWER_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise CannotDeliver(f"{type(error).__name__}: {error}"[:300]) from error
    finally:
        alarm.cancel()
        connection.close()
    _judge(answer.status)


def _judge(status: int) -> None:
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise CannotDeliver(f"It answered {status}; redirects are not followed.", retryable=False)
    may_help = status >= 500 or status in {408, 425, 429}
    raise CannotDeliver(f"It answered {status}.", retryable=may_help)


def _connection(parts: SplitResult) -> _Pinned:
    host = str(parts.hostname)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    target = _resolve(host, port)
    if parts.scheme == "https":
        return _PinnedTLS(host, port, target)
    return _Pinned(host, port, target)


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was checked, whatever the name resolves to by now."""

    def __init__(self, host: str, port: int, target: tuple[Any, ...]) -> None:
        super().__init__(host, port, timeout=TIMEOUT_SECONDS)
        self._target = target
        self._wire: socket.socket | None = None

    def connect(self) -> None:
        self.sock = self._wire = socket.create_connection(self._target[:2], timeout=TIMEOUT_SECONDS)

    def cut(self) -> None:
        """End the call from another thread, whatever it waits for."""
        if self._wire is not None:
            with contextlib.suppress(OSError):
                self._wire.shutdown(socket.SHUT_RDWR)


class _PinnedTLS(_Pinned):
    """The same over TLS; the certificate must be the name's."""

    def connect(self) -> None:
        super().connect()
        context = ssl.create_default_context()
        wire = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock = self._wire = wire
        wire.do_handshake()


def _resolve(host: str, port: int) -> tuple[Any, ...]:
    """Return the first address of a name; raise CannotDeliver when one of them is private."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise CannotDeliver(f"The name {host} cannot be resolved.") from error
    try:
        _refuse_private(ip_address(str(each[4][0]).partition("%")[0]) for each in found)
    except AddressRefused as error:
        raise CannotDeliver(error.message, retryable=False) from error
    return found[0][4]


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _refuse_private(addresses: Iterable[IPv4Address | IPv6Address]) -> None:
    if settings.WEBHOOKS_PRIVATE:
        return
    for address in addresses:
        if not is_public(address):
            raise AddressRefused("This address lies in a private network. Webhooks go to public ones.")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is one of the public internet."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in PUBLIC_IPV6 or any(address in tunnel for tunnel in TUNNELS):
            return False
    return address.is_global and not address.is_multicast
