"""After a change of the secret key: seal everything anew, so that the old key can be forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken, MultiFernet
from django.db import transaction

from alerts.gateways.sealing import PURPOSE
from alerts.models import Channel
from portal.base.boxes import box
from portal.home.signin.adapters import SECOND_FACTOR

SEALED = ("sealed_address", "sealed_secret")


@transaction.atomic
def reseal() -> tuple[int, int]:
    """Seal channels and second factors with the newest key; return how many, and how many cannot be read."""
    channels = Channel.objects.select_for_update().order_by("id")
    factors = Authenticator.objects.select_for_update().order_by("id")
    done: list[bool | None] = [_reseal_channel(each, box(PURPOSE)) for each in channels]
    done += [_reseal_factor(each, box(SECOND_FACTOR)) for each in factors]
    return _counts(done)


def _counts(done: Iterable[bool | None]) -> tuple[int, int]:
    outcomes = list(done)
    return outcomes.count(True), outcomes.count(False)


def _reseal_channel(channel: Channel, sealing: MultiFernet) -> bool:
    try:
        for name in SEALED:
            setattr(channel, name, _rotated(getattr(channel, name), sealing))
    except InvalidToken:
        return False
    channel.save(update_fields=SEALED)
    return True


def _reseal_factor(factor: Any, sealing: MultiFernet) -> bool | None:
    """Seal the secret of an app or of recovery codes; passkeys have none (None)."""
    held = [name for name in ("secret", "seed", "migrated_codes") if name in factor.data]
    if not held:
        return None
    try:
        factor.data |= {name: _rotated(factor.data[name], sealing) for name in held}
    except InvalidToken:
        return False
    factor.save(update_fields=["data"])
    return True


def _rotated(sealed: Any, sealing: MultiFernet) -> Any:
    if isinstance(sealed, list):
        return [_rotated(each, sealing) for each in sealed]
    return sealing.rotate(sealed.encode()).decode() if sealed else sealed
