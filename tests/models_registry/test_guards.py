"""Guards of headquarters stand above every override, and end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from models_registry.domain.guards import InvalidGuard
from models_registry.domain.overrides import OverrideKind
from models_registry.models import Decision, Deployment, Guard
from models_registry.services.guards import GuardOrder, lift_guard, renew_guard, set_guard
from models_registry.services.overrides import OverrideOrder, set_override
from portal.base.errors import NotAllowed
from portal.base.models import User
from stores.domain.bounds import OutOfBounds
from stores.models import Membership, Role, Store
from tests.models_registry.conftest import World, tokyo

RUN, STOP = OverrideKind.RUN, OverrideKind.STOP


@pytest.fixture
def hanako(db: None) -> User:
    person = User.objects.create_user("hanako")
    Membership.objects.create(user=person, role=Role.HQ)
    return person


@pytest.fixture
def olga(asakusa: Store) -> User:
    person = User.objects.create_user("olga")
    Membership.objects.create(user=person, role=Role.OWNER, store=asakusa)
    return person


@pytest.fixture
def asakusa(world: World, bakery: Callable[..., Store]) -> Store:
    return bakery("asakusa")


@pytest.fixture
def deployment(world: World, asakusa: Store) -> Deployment:
    return world.deployment("asakusa", asakusa)


def guard(author: User, kind: OverrideKind, at, days: int = 3, **scope: object) -> Guard:
    order = GuardOrder(kind, at + timedelta(days=days), "Televised tasting.", **scope)
    return set_guard(order=order, author=author, at=at)


def test_model_that_must_never_stop_runs_through_the_night_and_says_who_and_why(
    world: World, asakusa: Store, deployment: Deployment, hanako: User
) -> None:
    world.tick(tokyo(2, 6, 30))
    world.tick(tokyo(2, 7, 0))
    guard(hanako, RUN, tokyo(2, 7), store=asakusa)
    world.tick(tokyo(2, 22, 0))
    assert world.status(deployment) == "RUNNING"
    deployment.state.refresh_from_db()
    assert deployment.state.wanted_code == "GUARD_RUN"
    assert deployment.state.wanted_params["author"] == "hanako"


def test_model_that_must_never_start_stays_off_in_the_morning(
    world: World, asakusa: Store, deployment: Deployment, hanako: User
) -> None:
    guard(hanako, STOP, tokyo(2, 5), deployment=deployment)
    set_override(
        order=OverrideOrder(RUN, tokyo(2, 6), tokyo(2, 9), store=asakusa), author=hanako, at=tokyo(2, 6)
    )
    world.tick(tokyo(2, 8))
    assert world.status(deployment) == "TRAINING_COMPLETED"
    assert Decision.objects.latest("id").params["because"]["code"] == "GUARD_STOP"


def test_stores_guard_beats_an_override_of_its_deployment_and_a_deployments_guard_beats_both(
    world: World, asakusa: Store, deployment: Deployment, hanako: User
) -> None:
    guard(hanako, RUN, tokyo(2, 8), store=asakusa)
    stop = OverrideOrder(STOP, tokyo(2, 8), tokyo(2, 20), deployment=deployment)
    set_override(order=stop, author=hanako, at=tokyo(2, 8))
    world.tick(tokyo(2, 8))
    deployment.state.refresh_from_db()
    assert (deployment.state.is_wanted, deployment.state.wanted_code) == (True, "GUARD_RUN")

    guard(hanako, STOP, tokyo(2, 8, 1), deployment=deployment)
    world.tick(tokyo(2, 8, 1))
    deployment.state.refresh_from_db()
    assert (deployment.state.is_wanted, deployment.state.wanted_code) == (False, "GUARD_STOP")


def test_guard_is_lifted_and_the_plan_holds_again(
    world: World, asakusa: Store, deployment: Deployment, hanako: User
) -> None:
    made = guard(hanako, RUN, tokyo(2, 20), store=asakusa)
    world.tick(tokyo(2, 20))
    assert lift_guard(guard=made, author=hanako, at=tokyo(2, 21))
    assert not lift_guard(guard=made, author=hanako, at=tokyo(2, 21))
    world.tick(tokyo(2, 21))
    deployment.state.refresh_from_db()
    assert not deployment.state.is_wanted


def test_guard_ends_and_is_renewed_for_at_most_ninety_days(asakusa: Store, hanako: User) -> None:
    at = tokyo(2, 9)
    with pytest.raises(InvalidGuard, match="90 days"):
        guard(hanako, RUN, at, days=91, store=asakusa)
    made = guard(hanako, RUN, at, days=90, store=asakusa)
    later = at + timedelta(days=80)
    with pytest.raises(InvalidGuard):
        renew_guard(guard=made, ends_at=later + timedelta(days=91), author=hanako, at=later)
    assert renew_guard(guard=made, ends_at=later + timedelta(days=90), author=hanako, at=later)


def test_guard_needs_a_reason(asakusa: Store, hanako: User) -> None:
    order = GuardOrder(RUN, tokyo(5, 9), "  ", store=asakusa)
    with pytest.raises(InvalidGuard, match="Say why"):
        set_guard(order=order, author=hanako, at=tokyo(2, 9))


def test_only_headquarters_sets_renews_and_lifts(asakusa: Store, hanako: User, olga: User) -> None:
    at = tokyo(2, 9)
    made = guard(hanako, RUN, at, store=asakusa)
    with pytest.raises(NotAllowed):
        guard(olga, RUN, at, store=asakusa)
    with pytest.raises(NotAllowed):
        lift_guard(guard=made, author=olga, at=at)
    with pytest.raises(NotAllowed):
        renew_guard(guard=made, ends_at=at + timedelta(days=1), author=olga, at=at)


def test_owner_who_asks_against_a_guard_is_told_whom_to_ask(
    asakusa: Store, deployment: Deployment, hanako: User, olga: User
) -> None:
    at = tokyo(2, 9)
    guard(hanako, RUN, at, deployment=deployment)
    order = OverrideOrder(STOP, at, tokyo(2, 12), store=asakusa)
    with pytest.raises(OutOfBounds, match=r"Televised tasting\. Ask hanako\."):
        set_override(order=order, author=olga, at=at)
    assert set_override(order=order, author=hanako, at=at)
