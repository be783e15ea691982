"""What a tick does when the world is not as planned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from models_registry.domain.overrides import OverrideKind
from models_registry.domain.ports import AccessDenied, ResourceInUse, Throttled, Unanswered
from models_registry.domain.status import VersionStatus
from models_registry.models import (
    Assignment,
    Connection,
    Decision,
    Deployment,
    DeploymentState,
    ModelVersion,
    RulesChange,
    Run,
    Trouble,
)
from models_registry.services.late_closing import stay_open
from models_registry.services.overrides import OverrideOrder, cancel_override, set_override
from stores.models import Area, OpeningHours, SpecialDay, Store
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]


@pytest.fixture
def asakusa(world: World, bakery: Bakery) -> Deployment:
    return world.deployment("asakusa", bakery("asakusa"))


def open_alerts() -> list[str]:
    return sorted(Trouble.objects.filter(closed_at=None).values_list("code", flat=True))


def test_start_without_an_answer_is_one_run_that_aws_settles(world: World, asakusa: Deployment) -> None:
    start = world.rekognition.start_version

    def answers_into_the_void(arn: str, *, min_units: int, max_units: int | None) -> None:
        start(arn, min_units=min_units, max_units=max_units)
        raise Unanswered("connection lost")

    world.rekognition.start_version = answers_into_the_void  # type: ignore[assignment, method-assign]
    world.tick(tokyo(2, 6, 30))
    world.ticks(tokyo(2, 6, 45))
    run = Run.objects.get()
    assert (run.is_outside, run.accepted_at, run.running_at) == (False, tokyo(2, 6, 30), tokyo(2, 6, 39))


def test_start_that_never_reached_aws_is_closed_and_ordered_again(world: World, asakusa: Deployment) -> None:
    world.tick(tokyo(2, 6, 29))
    world.at = tokyo(2, 6, 30)
    DeploymentState.objects.update(valid_until=world.at)
    world.rekognition.fail_next = []
    describe = world.rekognition.describe_versions
    world.rekognition.describe_versions = lambda arn: (  # type: ignore[method-assign]
        describe(arn), world.rekognition.fail_next.append(Unanswered("lost")),
    )[0]  # fmt: skip
    world.tick()
    world.rekognition.describe_versions = describe  # type: ignore[method-assign]
    world.rekognition.fail_next.clear()
    assert world.status(asakusa) == "TRAINING_COMPLETED"
    world.ticks(tokyo(2, 6, 31))
    assert list(Run.objects.order_by("id").values_list("outcome", flat=True)) == ["NOT_DONE", ""]
    assert world.status(asakusa) == "STARTING"


@pytest.mark.parametrize("error", [Throttled("slow down"), AccessDenied("not you")])
def test_refused_start_is_written_down_and_tried_again(
    world: World, asakusa: Deployment, error: Exception
) -> None:
    world.tick(tokyo(2, 6, 29))
    start = world.rekognition.start_version

    def refuse_once(arn: str, *, min_units: int, max_units: int | None) -> None:
        world.rekognition.start_version = start  # type: ignore[method-assign]
        raise error

    world.rekognition.start_version = refuse_once  # type: ignore[assignment, method-assign]
    world.tick(tokyo(2, 6, 30))
    assert Run.objects.get().outcome == "REFUSED"
    world.ticks(tokyo(2, 6, 30, 20))
    assert open_alerts() == []
    assert list(Run.objects.order_by("id").values_list("outcome", flat=True)) == ["REFUSED", ""]


def test_unknown_is_not_off_and_nothing_is_ordered_on_it(world: World, asakusa: Deployment) -> None:
    world.ticks(tokyo(2, 6, 45), seconds=60)
    world.rekognition.fail_next = [Unanswered("down")] * 100
    world.ticks(tokyo(2, 6, 50), seconds=30)
    assert world.status(asakusa) == "RUNNING"
    assert open_alerts() == ["UNKNOWN"]
    orders = [call for call in world.rekognition.calls if call[0] in {"start_version", "stop_version"}]
    assert len(orders) == 1
    world.rekognition.fail_next.clear()
    world.ticks(tokyo(2, 6, 51), seconds=30)
    assert open_alerts() == []


def test_stop_done_by_hand_is_undone_while_the_store_is_open(world: World, asakusa: Deployment) -> None:
    world.ticks(tokyo(2, 7, 0), seconds=60)
    world.rekognition.stop_version(asakusa.live_version.arn)  # type: ignore[union-attr]
    world.ticks(tokyo(2, 7, 30), seconds=30)
    assert world.status(asakusa) == "RUNNING"
    first, second = Run.objects.order_by("id")
    assert (first.stop_code, first.outcome) == ("OUTSIDE_STOP", "STOPPED")
    assert second.running_at is not None


def test_model_started_by_hand_at_night_is_stopped_and_paid_for(world: World, asakusa: Deployment) -> None:
    world.tick(tokyo(2, 1))
    world.rekognition.start_version(asakusa.live_version.arn, min_units=3, max_units=None)  # type: ignore[union-attr]
    world.ticks(tokyo(2, 1, 15))
    run = Run.objects.get()
    assert (run.is_outside, run.inference_units, run.outcome) == (True, 3, "STOPPED")
    assert run.running_at == tokyo(2, 1, 9)
    assert run.stopping_at == tokyo(2, 1, 9)


def test_earliest_opening_gets_the_slot_then_the_one_with_more_stores(world: World, bakery: Bakery) -> None:
    world.connection.max_running_models = 1
    world.connection.save()
    late = world.deployment("late", bakery("late", {0: [(430, 1140)]}, open_buffer_minutes=60))
    early = world.deployment("early", bakery("early", {0: [(420, 1140)]}, open_buffer_minutes=60))
    many = world.deployment(
        "many", *(bakery(code, {0: [(420, 1140)]}, open_buffer_minutes=60) for code in ("m1", "m2"))
    )
    world.tick(tokyo(2, 6, 30))
    world.tick(tokyo(2, 6, 30, 5))
    assert [world.status(each) for each in (many, early, late)] == [
        "STARTING", "TRAINING_COMPLETED", "TRAINING_COMPLETED",
    ]  # fmt: skip
    told = Decision.objects.filter(code="QUOTA").values_list(
        "deployment__name", "params__limit", "params__running"
    )
    assert sorted(told) == [("early", 1, 1), ("late", 1, 1)]
    assert open_alerts() == ["QUOTA", "QUOTA"]


def test_units_of_the_deployment_are_asked_for(world: World, bakery: Bakery) -> None:
    world.deployment("big", bakery("big"), min_inference_units=2, max_inference_units=4)
    world.tick(tokyo(2, 6, 30))
    assert Run.objects.get().inference_units == 2


@pytest.mark.parametrize(
    ("control", "opens", "closes"),
    [
        ("AUTOMATIC", "RUNNING", "STOPPED"), ("START_ONLY", "RUNNING", "RUNNING"),
        ("STOP_ONLY", "TRAINING_COMPLETED", "TRAINING_COMPLETED"),
        ("HANDS_OFF", "TRAINING_COMPLETED", "TRAINING_COMPLETED"),
        ("DRY_RUN", "TRAINING_COMPLETED", "TRAINING_COMPLETED"),
    ],
)  # fmt: skip
def test_control_mode_says_what_the_portal_may_do(
    world: World, bakery: Bakery, control: str, opens: str, closes: str
) -> None:
    made = world.deployment("mode", bakery("mode", control=control))
    world.ticks(tokyo(2, 8), seconds=300)
    assert world.status(made) == opens
    world.ticks(tokyo(2, 20), seconds=1800)
    assert world.status(made) == closes


def test_stop_only_store_stops_what_a_person_started(world: World, bakery: Bakery) -> None:
    made = world.deployment("mode", bakery("mode", control="STOP_ONLY"))
    world.tick(tokyo(2, 8))
    world.rekognition.start_version(made.live_version.arn, min_units=1, max_units=None)  # type: ignore[union-attr]
    world.ticks(tokyo(2, 19), seconds=600)
    assert world.status(made) == "RUNNING"
    world.ticks(tokyo(2, 20), seconds=60)
    assert world.status(made) == "STOPPED"


def test_deployment_without_a_voice_is_left_alone_and_shown_as_a_stray(world: World, bakery: Bakery) -> None:
    made = world.deployment("mode", bakery("mode", control="HANDS_OFF"))
    world.rekognition.start_version(made.live_version.arn, min_units=1, max_units=None)  # type: ignore[union-attr]
    world.ticks(tokyo(2, 8), seconds=600)
    assert (world.status(made), open_alerts()) == ("RUNNING", ["STRAY"])


def test_superseded_version_runs_until_the_new_one_does(world: World, asakusa: Deployment) -> None:
    old = asakusa.live_version
    world.ticks(tokyo(2, 8), seconds=60)
    asakusa.live_version = new = world.version("asakusa", "v2")
    asakusa.save()
    world.tick(tokyo(2, 8, 1))
    world.tick(tokyo(2, 8, 5))
    assert [ModelVersion.objects.get(pk=each.pk).status for each in (old, new)] == ["RUNNING", "STARTING"]  # type: ignore[union-attr]
    world.ticks(tokyo(2, 8, 20), seconds=60)
    assert [ModelVersion.objects.get(pk=each.pk).status for each in (old, new)] == ["STOPPED", "RUNNING"]  # type: ignore[union-attr]


def test_orphan_is_alarmed_never_stopped_unasked_and_stopped_when_asked(world: World, bakery: Bakery) -> None:
    orphan = world.version("nobody")
    world.rekognition.start_version(orphan.arn, min_units=1, max_units=None)
    world.ticks(tokyo(2, 6), seconds=300)
    world.sweep()
    assert open_alerts() == ["ORPHAN"]
    assert Run.objects.get().running_at is not None
    Run.objects.update(stop_wanted_at=world.at)
    world.ticks(tokyo(2, 6, 5), seconds=60)
    world.sweep()
    assert (Run.objects.get().outcome, open_alerts()) == ("STOPPED", [])


def test_version_deleted_behind_our_back_is_said_and_alarmed(world: World, asakusa: Deployment) -> None:
    world.tick(tokyo(2, 8))
    for versions in world.rekognition._projects.values():
        versions.clear()
    world.tick(tokyo(2, 8, 1))
    world.tick(tokyo(2, 8, 2))
    assert open_alerts() == ["GONE"]
    assert Run.objects.get().outcome == "GONE"


def test_stuck_start_is_alarmed(world: World, asakusa: Deployment) -> None:
    world.rekognition.start_seconds = 10**6
    world.ticks(tokyo(2, 7, 10), seconds=60)
    assert open_alerts() == ["NOT_READY", "STUCK_STARTING"]


def test_failed_start_is_closed_alarmed_and_tried_again(world: World, asakusa: Deployment) -> None:
    world.tick(tokyo(2, 6, 30))
    fail_start(world, asakusa)
    world.tick(tokyo(2, 6, 30, 5))
    assert Run.objects.get().outcome == "FAILED"
    world.tick(tokyo(2, 6, 30, 10))
    assert open_alerts() == ["START_FAILED"]
    world.ticks(tokyo(2, 6, 45))
    assert (world.status(asakusa), open_alerts()) == ("RUNNING", [])


def fail_start(world: World, deployment: Deployment) -> None:
    from dataclasses import replace

    version = world.rekognition._find(deployment.live_version.arn)  # type: ignore[union-attr]
    version.state = replace(version.state, status=VersionStatus.FAILED)
    version.becomes = version.at = None


def test_open_late_runs_until_then_and_the_closing_buffer_and_can_be_taken_back(
    world: World, asakusa: Deployment
) -> None:
    store = Store.objects.get()
    world.ticks(tokyo(2, 18), seconds=600)
    order = stay_open(store=store, until_minute=22 * 60, author=None, at=world.at)
    assert order.ends_at == tokyo(2, 22, 30)
    world.ticks(tokyo(2, 21), seconds=600)
    assert world.status(asakusa) == "RUNNING"
    assert cancel_override(override=order, author=None, at=world.at)
    world.ticks(tokyo(2, 21, 5), seconds=60)
    assert world.status(asakusa) == "STOPPED"


def test_open_late_past_midnight_means_tonight(world: World, asakusa: Deployment) -> None:
    order = stay_open(store=Store.objects.get(), until_minute=60, author=None, at=tokyo(2, 20))
    assert order.ends_at == tokyo(3, 1, 30)


def test_keep_stopped_beats_the_opening_hours(world: World, asakusa: Deployment) -> None:
    order = OverrideOrder(
        OverrideKind.STOP, tokyo(2, 0), tokyo(3, 0), "oven broken", store=Store.objects.get()
    )
    set_override(order=order, author=None, at=tokyo(2, 0))
    world.ticks(tokyo(2, 12), seconds=1800)
    assert world.status(asakusa) == "TRAINING_COMPLETED"
    assert DeploymentState.objects.get().wanted_code == "OVERRIDE_STOP"


def test_two_ticks_at_once_issue_one_order(world: World, asakusa: Deployment) -> None:
    start = world.rekognition.start_version
    answers = []

    def start_while_another_tick_runs(arn: str, *, min_units: int, max_units: int | None) -> object:
        world.rekognition.start_version = start  # type: ignore[method-assign]
        world.tick()
        answer = start(arn, min_units=min_units, max_units=max_units)
        answers.append(answer)
        return answer

    world.rekognition.start_version = start_while_another_tick_runs  # type: ignore[assignment, method-assign]
    world.tick(tokyo(2, 6, 30))
    starts = [call for call in world.rekognition.calls if call[0] == "start_version"]
    assert (len(starts), Run.objects.count()) == (1, 1)


def test_order_in_use_is_settled_by_looking(world: World, asakusa: Deployment) -> None:
    world.tick(tokyo(2, 6, 29))
    world.rekognition.start_version(asakusa.live_version.arn, min_units=1, max_units=None)  # type: ignore[union-attr]
    world.ticks(tokyo(2, 6, 45))
    assert world.status(asakusa) == "RUNNING"
    assert Run.objects.get().is_outside


def test_quiet_tick_asks_six_questions_however_many_stores(world: World, bakery: Bakery) -> None:
    for n in range(12):
        world.deployment(f"d{n}", *(bakery(f"s{n}-{m}") for m in range(3)))
    world.ticks(tokyo(2, 5, 1), seconds=5)
    with CaptureQueriesContext(database) as asked:
        world.tick(world.at + timedelta(seconds=5))
    assert len(asked) == 6, [each["sql"][:90] for each in asked]


@pytest.mark.parametrize(
    "edit",
    [
        lambda store: OpeningHours.objects.filter(store=store).update(closes_minute=1200),
        lambda store: OpeningHours.objects.filter(store=store).delete(),
        lambda store: SpecialDay.objects.create(store=store, on=tokyo(5, 12).date(), kind="CLOSED"),
        lambda store: SpecialDay.objects.create(area=store.area, on=tokyo(5, 12).date(), kind="CLOSED"),
        lambda store: SpecialDay.objects.create(on=tokyo(5, 12).date(), kind="CLOSED"),
        lambda store: Store.objects.filter(pk=store.pk).update(control="HANDS_OFF"),
        lambda store: Assignment.objects.filter(store=store).delete(),
        lambda store: Deployment.objects.update(uses_learned_lead=False),
        lambda store: set_override(
            order=OverrideOrder(OverrideKind.RUN, tokyo(2, 5), tokyo(2, 6), store=store),
            author=None, at=tokyo(2, 5),
        ),
    ],
)  # fmt: skip
def test_every_edit_of_a_rule_is_noted_for_replanning(
    world: World, asakusa: Deployment, edit: Callable[[Store], object]
) -> None:
    world.tick()
    assert not RulesChange.objects.exists()
    edit(Store.objects.get())
    assert set(RulesChange.objects.values_list("deployment_id", flat=True)) == {asakusa.pk}
    assert world.tick(world.at + timedelta(seconds=5)).replanned == 1
    assert not RulesChange.objects.exists()


def test_edit_elsewhere_is_not_noted(world: World, asakusa: Deployment, bakery: Bakery) -> None:
    world.tick()
    other = Area.objects.create(name="Kansai")
    SpecialDay.objects.create(area=other, on=tokyo(5, 12).date(), kind="CLOSED")
    assert not RulesChange.objects.exists()


def test_inactive_connection_is_left_alone(world: World, asakusa: Deployment) -> None:
    Connection.objects.update(is_active=False)
    world.ticks(tokyo(2, 8), seconds=600)
    assert world.rekognition.calls == []


def test_resource_in_use_on_stop_is_ordered_again(world: World, asakusa: Deployment) -> None:
    world.ticks(tokyo(2, 19), seconds=300)
    stop = world.rekognition.stop_version

    def refuse_once(arn: str) -> None:
        world.rekognition.stop_version = stop  # type: ignore[method-assign]
        raise ResourceInUse("busy")

    world.rekognition.stop_version = refuse_once  # type: ignore[assignment, method-assign]
    world.ticks(tokyo(2, 19, 32))
    assert world.status(asakusa) == "STOPPED"
    assert Run.objects.count() == 1
