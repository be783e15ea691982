"""Channels: made, changed, tested, removed. Addresses and secrets are sealed before they are kept."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, override

from alerts.domain.telling import Event
from alerts.models import Channel, Delivery
from portal.base.models import User

Seal = Callable[[str], str]
HintOf = Callable[[str, str], str]
KEPT = ("name", "area", "store", "least", "language", "is_active")


@dataclass(frozen=True, slots=True)
class Sealing:
    """How an address is checked and sealed."""

    seal: Seal
    hint_of: HintOf


def make_channel(*, typed: Mapping[str, Any], author: User, sealing: Sealing) -> tuple[Channel, str]:
    """Make a channel; return it with a webhook's secret, which is shown once. Raises AddressRefused."""
    kind, address = typed["kind"], typed["address"].strip()
    secret = f"whs_{secrets.token_urlsafe(32)}" if kind == Channel.Kind.WEBHOOK else ""
    channel = Channel.objects.create(
        kind=kind,
        hint=sealing.hint_of(kind, address),
        sealed_address=sealing.seal(address),
        sealed_secret=sealing.seal(secret),
        author=author,
        **{name: typed[name] for name in KEPT},
    )
    return channel, secret


def change_channel(*, channel: Channel, typed: Mapping[str, Any], sealing: Sealing) -> None:
    """Change a channel; an empty address stays. Raises AddressRefused."""
    fields = {name: typed[name] for name in KEPT}
    if address := (typed["address"] or "").strip():
        fields["hint"] = sealing.hint_of(channel.kind, address)
        fields["sealed_address"] = sealing.seal(address)
    Channel.objects.filter(pk=channel.pk).update(**fields)


def renew_secret(*, channel: Channel, sealing: Sealing) -> str:
    """Give a webhook a new secret, at once; return it to be shown once."""
    secret = f"whs_{secrets.token_urlsafe(32)}"
    Channel.objects.filter(pk=channel.pk).update(sealed_secret=sealing.seal(secret))
    return secret


def remove_channel(*, channel: Channel) -> None:
    """Remove a channel with its log."""
    Channel.objects.filter(pk=channel.pk).delete()


def send_test(*, channel: Channel, author: User, at: datetime) -> Delivery:
    """Queue a message that says only that the channel works."""
    with override(channel.language):
        subject = gettext("Kamado: this channel works")
        said = gettext("%(name)s sent this test. Alerts will arrive here in this way.")
        body = said % {"name": author.get_full_name() or author.get_username()}
    return Delivery.objects.create(
        channel=channel,
        event=Event.TEST.value,
        subject=subject,
        body=body,
        payload={"event": Event.TEST.value, "text": subject, "alerts": []},
        created_at=at,
    )
