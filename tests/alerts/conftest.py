"""The cast of the alerts: a bakery whose model follows its hours, and people with mailboxes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from alerts.domain.kinds import Pace
from alerts.models import Alert
from alerts.services.sweep import SweepReport, sweep
from models_registry.models import Deployment
from portal.base.models import User
from stores.models import Membership, Role, Store
from tests.models_registry.conftest import World, area, at_the_desk, bakery, hq, sign_in, static_folder, world

__all__ = ["area", "at_the_desk", "bakery", "hq", "sign_in", "static_folder", "world"]

Bakery = Callable[..., Store]


def look(world: World, pace: Pace = Pace.QUICK) -> SweepReport:
    """Sweep at the world's instant."""
    return sweep(pace, at=world.at)


def open_kinds() -> list[str]:
    """What rings now."""
    rows = Alert.objects.filter(rang_at__isnull=False, ended_at__isnull=True)
    return sorted(rows.values_list("kind", flat=True))


@pytest.fixture
def asakusa(world: World, bakery: Bakery) -> Deployment:
    return world.deployment("asakusa", bakery("asakusa"))


def person(name: str, role: Role | None = None, *, language: str = "en", **scope: object) -> User:
    """Somebody with a mailbox and a role."""
    user = User.objects.create_user(name, email=f"{name}@example.com", language=language)
    if role is not None:
        Membership.objects.create(user=user, role=role, **scope)
    return user
