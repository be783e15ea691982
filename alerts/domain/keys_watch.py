"""Keys that nobody uses, and keys that too many do, or that are tried after their end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from alerts.domain.kinds import Kind
from alerts.domain.wanted import Ref, Subject, Wanted

UNUSED_AFTER = timedelta(days=14)
MANY_NETWORKS = 4
"""A store calls from its own line, and perhaps from a phone or two."""


class KeyFacts(NamedTuple):
    """A key: alive or ended, when made and last used, and the addresses of the last day."""

    pk: int
    is_alive: bool
    created_at: datetime
    last_used_at: datetime | None
    addresses: tuple[str, ...] = ()
    was_refused: bool = False


def network_of(address: str) -> str:
    """Return the network an address belongs to: /24 of IPv4, /48 of IPv6, so that one line counts once."""
    try:
        bits = 24 if ip_address(address).version == 4 else 48
    except ValueError:
        return address
    return str(ip_network(f"{address}/{bits}", strict=False))


def wanted_of_keys(facts: Iterable[KeyFacts], *, at: datetime) -> set[Wanted]:
    """Return the alerts that should stand for keys."""
    found = set()
    for each in facts:
        ref = Ref(Subject.KEY, each.pk)
        networks = len({network_of(address) for address in each.addresses})
        if each.was_refused:
            found.add(Wanted(Kind.KEY_LEAKING, ref, "ENDED"))
        elif each.is_alive and networks > MANY_NETWORKS:
            found.add(Wanted(Kind.KEY_LEAKING, ref, "MANY"))
        elif each.is_alive and (each.last_used_at or each.created_at) <= at - UNUSED_AFTER:
            found.add(Wanted(Kind.KEY_UNUSED, ref, "" if each.last_used_at else "NEVER"))
    return found
