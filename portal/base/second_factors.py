"""A person's second factors: an authenticator app, passkeys, and the recovery codes that come with either."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.db import transaction

from portal.base.models import User

PROVING = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@dataclass(frozen=True)
class SecondFactors:
    """What a person has: the app, the passkeys by age, and how many recovery codes are left."""

    app: Authenticator | None
    passkeys: list[Authenticator]
    codes_left: int | None

    @property
    def is_any(self) -> bool:
        return self.app is not None or bool(self.passkeys)


def has_second_factor(user: User) -> bool:
    """Tell whether a person has an app or a passkey; one query."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=PROVING).exists())


def second_factors(user: User) -> SecondFactors:
    """Return what a person has; one query."""
    rows = list(Authenticator.objects.filter(user_id=user.pk).order_by("created_at", "id"))
    of = {row.type: row for row in rows}
    codes = of.get(Authenticator.Type.RECOVERY_CODES)
    return SecondFactors(
        app=of.get(Authenticator.Type.TOTP),
        passkeys=[row for row in rows if row.type == Authenticator.Type.WEBAUTHN],
        codes_left=len(codes.wrap().get_unused_codes()) if codes else None,
    )


@transaction.atomic
def remove_second_factors(*, user: User) -> int:
    """Take everything away from a person who has lost it; return how many there were.

    Only headquarters may do so, after making sure who is asking.
    """
    removed, _ = Authenticator.objects.filter(user_id=user.pk).delete()
    return int(removed)
