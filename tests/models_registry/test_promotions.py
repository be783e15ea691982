"""From one version to another: beside each other, in the closed window, back again, and never half."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from models_registry.domain.promotion import DRAIN, PromotionState, Why
from models_registry.domain.status import VersionStatus
from models_registry.models import Deployment, ModelVersion, Promotion, Run, Service
from models_registry.services.deployments import InvalidDeployment
from models_registry.services.promotions import approve, cancel_promotion, promote, roll_back
from portal.base.models import User
from stores.models import Store
from tests.models_registry.conftest import World, tokyo


@pytest.fixture
def asakusa(world: World, bakery: Callable[..., Store]) -> Deployment:
    """Open since seven, with its model running since before."""
    made = world.deployment("breads", bakery("asakusa"))
    world.ticks(tokyo(2, 8), seconds=300)
    assert world.status(made) == "RUNNING"
    return made


@pytest.fixture
def challenger(world: World, asakusa: Deployment) -> ModelVersion:
    """A second version of the same project."""
    return world.version("breads", "v2")


def started(world: World, deployment: Deployment, version: ModelVersion) -> Promotion:
    deployment.refresh_from_db()
    return promote(deployment=deployment, version=version, reason="knows anpan", author=None, at=world.at)


def live_name(deployment: Deployment) -> str:
    return ModelVersion.objects.get(deployment=deployment).name


def both(world: World) -> dict[str, str]:
    return dict(ModelVersion.objects.values_list("name", "status"))


def test_new_version_runs_before_the_old_one_stops(
    world: World, asakusa: Deployment, challenger: ModelVersion
) -> None:
    promotion = started(world, asakusa, challenger)
    world.tick(tokyo(2, 8, 0, 5))
    world.tick(tokyo(2, 8, 0, 10))
    assert (live_name(asakusa), both(world)) == ("v1", {"v1": "RUNNING", "v2": "STARTING"})

    world.ticks(tokyo(2, 8, 9, 10), seconds=5)
    promotion.refresh_from_db()
    assert (live_name(asakusa), promotion.state) == ("v2", PromotionState.SWITCHED)
    assert both(world) == {"v1": "RUNNING", "v2": "RUNNING"}

    world.ticks(tokyo(2, 8, 12), seconds=5)
    promotion.refresh_from_db()
    assert both(world) == {"v1": "STOPPED", "v2": "RUNNING"}
    assert promotion.state == PromotionState.DONE
    old, new = Run.objects.order_by("version__name")
    assert old.stopping_at
    assert new.running_at
    assert promotion.switched_at
    assert DRAIN <= old.stopping_at - promotion.switched_at <= DRAIN + timedelta(seconds=10)
    assert new.running_at <= promotion.switched_at
    assert {old.deployment_id, new.deployment_id} == {asakusa.pk}


def test_without_a_slot_the_switch_waits_for_closing(
    world: World, asakusa: Deployment, challenger: ModelVersion
) -> None:
    world.connection.max_running_models = 1
    world.connection.save()
    promotion = started(world, asakusa, challenger)
    world.ticks(tokyo(2, 18), seconds=300)
    promotion.refresh_from_db()
    assert (live_name(asakusa), promotion.why) == ("v1", Why.NO_SLOT)
    assert both(world) == {"v1": "RUNNING", "v2": "TRAINING_COMPLETED"}

    world.ticks(tokyo(2, 23), seconds=300)
    promotion.refresh_from_db()
    assert (live_name(asakusa), promotion.why) == ("v2", Why.UNPROVEN)
    world.ticks(tokyo(3, 8), seconds=300)
    promotion.refresh_from_db()
    assert both(world) == {"v1": "STOPPED", "v2": "RUNNING"}
    assert promotion.state == PromotionState.DONE
    spans = [(run.running_at, run.stopping_at) for run in Run.objects.order_by("requested_at")]
    assert len(spans) == 2
    assert spans[0][1] is not None
    assert spans[1][0] is not None
    assert spans[0][1] < spans[1][0]


def fail_start(world: World, version: ModelVersion) -> None:
    """AWS says FAILED of a version that was starting."""
    world.rekognition.add(version.arn, VersionStatus.FAILED, project_arn=version.project.arn)


def test_old_version_stays_where_the_new_one_fails(
    world: World, asakusa: Deployment, challenger: ModelVersion
) -> None:
    promotion = started(world, asakusa, challenger)
    world.tick(tokyo(2, 8, 0, 5))
    world.tick(tokyo(2, 8, 0, 20))
    fail_start(world, challenger)
    world.ticks(tokyo(2, 8, 2), seconds=10)
    promotion.refresh_from_db()
    assert (promotion.state, promotion.why) == (PromotionState.FAILED, Why.START_FAILED)
    assert (live_name(asakusa), both(world)["v1"]) == ("v1", "RUNNING")


def test_version_switched_unseen_is_switched_back_where_it_fails(
    world: World, asakusa: Deployment, challenger: ModelVersion
) -> None:
    world.connection.max_running_models = 1
    world.connection.save()
    promotion = started(world, asakusa, challenger)
    world.ticks(tokyo(2, 23), seconds=300)
    assert live_name(asakusa) == "v2"
    world.tick(tokyo(3, 6, 29))
    while ModelVersion.objects.get(pk=challenger.pk).status != "STARTING":
        world.tick(world.at + timedelta(seconds=30))
    fail_start(world, challenger)
    world.ticks(tokyo(3, 7), seconds=15)
    promotion.refresh_from_db()
    assert (promotion.state, promotion.why) == (PromotionState.FAILED, Why.START_FAILED)
    assert (live_name(asakusa), both(world)["v1"]) == ("v1", "RUNNING")


def test_failed_gate_needs_a_second_person(
    world: World, asakusa: Deployment, challenger: ModelVersion
) -> None:
    aki, ken = User.objects.create_user("aki"), User.objects.create_user("ken")
    asakusa.refresh_from_db()
    promotion = promote(
        deployment=asakusa, version=challenger, reason="we need it", author=aki, at=world.at,
        failures=[("RECALL_FELL", "anpan", -0.1)],
    )  # fmt: skip
    world.ticks(tokyo(2, 8, 5), seconds=30)
    assert both(world)["v2"] == "TRAINING_COMPLETED"
    with pytest.raises(InvalidDeployment):
        approve(promotion=promotion, person=aki)
    assert approve(promotion=promotion, person=ken)
    assert not approve(promotion=promotion, person=ken)
    world.tick(world.at + timedelta(seconds=5))
    world.tick(world.at + timedelta(seconds=5))
    assert both(world)["v2"] == "STARTING"


def test_cancelled_promotion_stops_what_it_started(
    world: World, asakusa: Deployment, challenger: ModelVersion
) -> None:
    promotion = started(world, asakusa, challenger)
    world.tick(tokyo(2, 8, 0, 5))
    assert cancel_promotion(promotion=promotion, at=world.at)
    world.ticks(tokyo(2, 8, 15), seconds=15)
    assert (live_name(asakusa), both(world)) == ("v1", {"v1": "RUNNING", "v2": "STOPPED"})


def test_rollback_at_once_never_stops_the_old_one(
    world: World, asakusa: Deployment, challenger: ModelVersion
) -> None:
    promotion = started(world, asakusa, challenger)
    while live_name(asakusa) == "v1":
        world.tick(world.at + timedelta(seconds=5))
    promotion.refresh_from_db()
    roll_back(promotion=promotion, author=None, at=world.at)
    world.tick(world.at + timedelta(seconds=5))
    assert live_name(asakusa) == "v1"
    world.ticks(world.at + timedelta(minutes=3), seconds=5)
    assert both(world) == {"v1": "RUNNING", "v2": "STOPPED"}
    assert Run.objects.filter(version__name="v1").count() == 1


def test_history_tells_which_version_served_whom(
    world: World, asakusa: Deployment, challenger: ModelVersion
) -> None:
    world.sweep()
    first = Service.objects.get()
    promotion = started(world, asakusa, challenger)
    while live_name(asakusa) == "v1":
        world.tick(world.at + timedelta(seconds=5))
    first.refresh_from_db()
    second = Service.objects.get(ends_at=None)
    assert (first.ends_at, second.starts_at) == (world.at, world.at)
    assert (second.version.name, second.promotion) == ("v2", promotion)
    world.sweep()
    assert Service.objects.count() == 2


@pytest.mark.parametrize("words", ["", "  "])
def test_reason_must_be_typed(
    world: World, asakusa: Deployment, challenger: ModelVersion, words: str
) -> None:
    asakusa.refresh_from_db()
    with pytest.raises(InvalidDeployment, match="why"):
        promote(deployment=asakusa, version=challenger, reason=words, author=None, at=world.at)


def test_two_promotions_at_once_are_refused(
    world: World, asakusa: Deployment, challenger: ModelVersion
) -> None:
    started(world, asakusa, challenger)
    with pytest.raises(InvalidDeployment, match="on its way"):
        started(world, asakusa, challenger)


def test_live_version_changed_by_hand_ends_the_promotion(
    world: World, asakusa: Deployment, challenger: ModelVersion
) -> None:
    promotion = started(world, asakusa, challenger)
    Deployment.objects.update(live_version=challenger)
    world.tick(world.at + timedelta(seconds=5))
    promotion.refresh_from_db()
    assert (promotion.state, promotion.why) == (PromotionState.FAILED, Why.CHANGED_BY_HAND)
