"""What carries messages out, and what can go wrong on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from portal.base.errors import InvalidInput, PortalError


class CannotDeliver(PortalError):
    """A message did not arrive; `retryable` says whether trying again may help."""

    code = "cannot_deliver"
    retryable = True


class AddressRefused(InvalidInput):
    """An address that this portal does not send to; the message says what it takes."""

    code = "address_refused"


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be carried: words for people, and a payload for machines."""

    pk: int
    subject: str
    body: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


class Carrier(Protocol):
    """Carries letters to mailboxes and channels. Raises CannotDeliver; each call has a time limit."""

    def mail(self, to: str, letter: Letter) -> None:
        """Hand a letter to the mail server."""

    def post(self, kind: str, sealed_address: str, sealed_secret: str, letter: Letter, *, now: int) -> None:
        """Hand a letter to a channel; `now` is the second of the signature."""
