"""Who must have a second factor, and which addresses stay open until they do."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from portal.base.models import User
from portal.base.second_factors import second_factors
from stores.access import is_headquarters


def must_have_second_factor(user: User | AnonymousUser) -> bool:
    """Tell whether the settings ask a second factor of this person; at most one query."""
    if not isinstance(user, User) or settings.REQUIRE_SECOND_FACTOR == "none":
        return False
    return settings.REQUIRE_SECOND_FACTOR == "all" or is_headquarters(user)


def may_remove(user: User, pk: int) -> bool:
    """Tell whether a person may do without an app or passkey: the last one stays where one is asked for."""
    had = second_factors(user)
    left = {row.pk for row in [*had.passkeys, *([had.app] if had.app else [])]} - {pk}
    return bool(left) or not must_have_second_factor(user)
