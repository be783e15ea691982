"""A story for each kind that models can ring."""

from __future__ import annotations

from datetime import timedelta

from alerts.domain.kinds import Pace
from alerts.models import Alert
from models_registry.domain.ports import AccessDenied, ResourceInUse, Unanswered
from models_registry.domain.status import VersionStatus
from models_registry.models import Deployment, ModelVersion, Project
from models_registry.services.replan import replan
from tests.alerts.conftest import Bakery, look, open_kinds
from tests.models_registry.conftest import ACCOUNT, World, tokyo


def test_start_that_will_end_after_opening_rings_before_customers_come(
    world: World, asakusa: Deployment
) -> None:
    """The article's half hour: starts usually take nine minutes; this one is not done after nineteen."""
    world.rekognition.start_seconds = 3_000
    world.tick(tokyo(2, 6, 30))
    world.ticks(tokyo(2, 6, 44), seconds=60)
    look(world)
    assert open_kinds() == []
    world.ticks(tokyo(2, 6, 50), seconds=60)
    look(world)
    assert open_kinds() == ["NOT_READY"]
    alert = Alert.objects.get()
    assert (alert.cause, alert.params["opens_at"]) == ("SLOW_START", tokyo(2, 7).isoformat())
    world.ticks(tokyo(2, 7, 22), seconds=60)
    look(world)
    alert.refresh_from_db()
    assert (open_kinds(), alert.ended_at) == ([], tokyo(2, 7, 22))


def test_ordinary_morning_rings_for_nobody(world: World, asakusa: Deployment) -> None:
    world.tick(tokyo(2, 6, 29))
    while world.at < tokyo(2, 7, 5):
        world.tick(world.at + timedelta(seconds=30))
        look(world)
    assert not Alert.objects.exists()


def test_start_that_is_refused_rings_as_failed_and_as_not_ready(world: World, asakusa: Deployment) -> None:
    world.tick(tokyo(2, 6, 29))

    def refuse(arn: str, *, min_units: int, max_units: int | None) -> None:
        raise ResourceInUse("not now")

    world.rekognition.start_version = refuse  # type: ignore[assignment, method-assign]
    world.ticks(tokyo(2, 6, 55), seconds=60)
    look(world)
    assert "NOT_READY" in open_kinds()
    assert Alert.objects.get(kind="NOT_READY").cause == "LATE_START"


def test_model_that_ends_its_start_failed_rings_until_it_runs(world: World, asakusa: Deployment) -> None:
    world.tick(tokyo(2, 6, 30))
    assert asakusa.live_version is not None
    world.rekognition.add(asakusa.live_version.arn, VersionStatus.FAILED)
    world.tick(tokyo(2, 6, 30, 30))
    look(world)
    assert open_kinds() == ["FAILED"]
    world.ticks(tokyo(2, 6, 50), seconds=20)
    look(world)
    assert open_kinds() == []


def test_model_that_does_not_stop_rings_five_minutes_after_closing(world: World, asakusa: Deployment) -> None:
    world.ticks(tokyo(2, 7), seconds=60)

    def refuse(arn: str) -> None:
        raise ResourceInUse("not now")

    world.rekognition.stop_version = refuse  # type: ignore[assignment, method-assign]
    world.ticks(tokyo(2, 19, 31), seconds=600)
    look(world)
    assert open_kinds() == []
    world.tick(tokyo(2, 19, 36))
    look(world)
    assert open_kinds() == ["STILL_RUNNING"]
    assert Alert.objects.get().noticed_at == tokyo(2, 19, 31)


def test_closing_as_planned_is_forgotten_before_it_rings(world: World, asakusa: Deployment) -> None:
    world.ticks(tokyo(2, 19, 30), seconds=300)
    look(world)
    world.ticks(tokyo(2, 19, 33), seconds=15)
    look(world)
    assert not Alert.objects.exists()


def test_model_that_starts_for_ever_is_stuck(world: World, asakusa: Deployment) -> None:
    world.rekognition.start_seconds = 100_000
    world.tick(tokyo(2, 6, 30))
    world.ticks(tokyo(2, 7, 8), seconds=60)
    look(world)
    assert open_kinds() == ["NOT_READY", "STUCK"]
    assert set(Alert.objects.values_list("cause", flat=True)) == {"STUCK_STARTING"}


def test_start_only_store_that_runs_at_night_is_a_stray(world: World, bakery: Bakery) -> None:
    world.deployment("asakusa", bakery("asakusa", control="START_ONLY"))
    world.ticks(tokyo(2, 7), seconds=60)
    world.ticks(tokyo(2, 19, 36), seconds=120)
    look(world)
    world.tick(world.at + timedelta(minutes=6))
    look(world)
    assert open_kinds() == ["STRAY"]


def test_model_that_belongs_to_nobody_is_an_orphan_until_it_stops(world: World, asakusa: Deployment) -> None:
    arn = f"{ACCOUNT}/stray/version/v9/1700000000000"
    Project.objects.create(connection=world.connection, arn=f"{ACCOUNT}/stray/1700000000000", name="stray")
    world.rekognition.add(arn)
    world.rekognition.start_version(arn, min_units=1, max_units=None)
    world.ticks(tokyo(2, 5, 30), seconds=60)
    world.sweep()
    look(world)
    assert open_kinds() == ["ORPHAN"]
    assert Alert.objects.get().version == ModelVersion.objects.get(arn=arn)
    world.rekognition.stop_version(arn)
    world.ticks(tokyo(2, 5, 40), seconds=60)
    world.sweep()
    look(world)
    assert open_kinds() == []


def test_third_model_waits_for_a_slot_and_the_quota_was_told_the_day_before(
    world: World, bakery: Bakery
) -> None:
    for name in ("asakusa", "ueno", "kanda"):
        world.deployment(name, bakery(name))
    world.tick(tokyo(1, 20))
    look(world, Pace.STEADY)
    quota = Alert.objects.get(kind="QUOTA")
    assert quota.params == {"models": 3, "limit": 2, "from_at": tokyo(2, 6, 30).isoformat()}
    world.ticks(tokyo(2, 6, 32), seconds=30)
    look(world)
    world.tick(tokyo(2, 6, 33, 30))
    look(world)
    assert "NO_SLOT" in open_kinds()
    world.connection.max_running_models = 3
    world.connection.save(update_fields=["max_running_models"])
    look(world, Pace.STEADY)
    assert "QUOTA" not in open_kinds()


def test_silent_aws_rings_once_for_the_account_not_for_each_model(world: World, bakery: Bakery) -> None:
    for name in ("asakusa", "ueno"):
        world.deployment(name, bakery(name))
    world.ticks(tokyo(2, 10), seconds=300)
    world.rekognition.fail_next = [Unanswered("down")] * 100
    world.tick(tokyo(2, 10, 1))
    look(world)
    assert open_kinds() == []
    world.tick(tokyo(2, 10, 3))
    look(world)
    assert open_kinds() == ["AWS_UNREACHABLE"]
    world.rekognition.fail_next.clear()
    world.tick(tokyo(2, 10, 4))
    look(world)
    assert open_kinds() == []


def test_denied_access_is_its_own_cause(world: World, asakusa: Deployment) -> None:
    world.ticks(tokyo(2, 10), seconds=300)
    world.rekognition.fail_next = [AccessDenied("no")] * 100
    world.ticks(tokyo(2, 10, 3), seconds=30)
    look(world)
    assert Alert.objects.get().cause == "access_denied"


def test_deployment_without_a_version_is_not_ready(world: World, bakery: Bakery) -> None:
    made = world.deployment("asakusa", bakery("asakusa"))
    Deployment.objects.filter(pk=made.pk).update(live_version=None)
    world.tick(tokyo(2, 6, 55))
    replan([made.pk], at=world.at)
    look(world)
    assert Alert.objects.get().cause == "NO_VERSION"


def test_group_is_of_one_kind_cause_and_account(world: World, bakery: Bakery) -> None:
    made = world.deployment("asakusa", bakery("asakusa"))
    world.rekognition.start_seconds = 3_000
    world.tick(tokyo(2, 6, 30))
    world.ticks(tokyo(2, 6, 50), seconds=60)
    look(world)
    assert Alert.objects.get().group == f"NOT_READY:SLOW_START:{made.connection_id}"
