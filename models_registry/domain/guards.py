"""What headquarters sets above every override. A guard ends too."""

from __future__ import annotations

from datetime import datetime, timedelta

from stores.domain.sentences import Refusal

MAX_GUARD = timedelta(days=90)


class InvalidGuard(Refusal):
    """A guard without a reason or an end, or with one that is past or too far away."""

    code = "invalid_guard"


def check_guard(ends_at: datetime, why: str, *, at: datetime) -> None:
    """Refuse a guard that nobody could explain, or that would be forgotten."""
    if not why.strip():
        raise InvalidGuard("Say why: everybody who meets this guard reads it.")
    if ends_at <= at:
        raise InvalidGuard("The guard would already be over. Choose a later day.")
    if ends_at - at > MAX_GUARD:
        raise InvalidGuard(
            "A guard lasts at most %(days)s days, so that none is forgotten. Renew it when it ends.",
            days=MAX_GUARD.days,
        )
