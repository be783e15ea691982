"""A schedule in AWS stands behind every model that runs; what the portal does when it cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from models_registry.domain.overrides import OverrideKind
from models_registry.domain.ports import LimitExceeded
from models_registry.domain.reasons import Reason
from models_registry.domain.safety import safety_schedule, schedule_name, stop_instant
from models_registry.domain.schedules import (
    GroupMissing,
    ScheduleQuota,
    SchedulerDenied,
    SchedulerUnanswered,
    Target,
)
from models_registry.gateways.in_memory_scheduler import InMemoryScheduler
from models_registry.models import (
    Connection,
    Decision,
    Deployment,
    Guard,
    Run,
    SafetyStop,
    Trial,
    Trouble,
)
from models_registry.selectors.board import load_board
from models_registry.services.late_closing import stay_open
from models_registry.services.orders import Hands, start_version
from models_registry.services.overrides import OverrideOrder, set_override
from models_registry.services.promotions import promote
from models_registry.services.safety import Safety, installation_id
from stores.models import OpeningHours, Store
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]
ROLE = "arn:aws:iam::123456789012:role/kamado-scheduler"
RIVAL = "99999999-0000-0000-0000-000000000000"


def require_safety(world: World, mode: str = "REQUIRED") -> None:
    world.connection.safety_stop, world.connection.scheduler_role_arn = mode, ROLE
    world.connection.save()


@pytest.fixture
def guarded(world: World) -> World:
    require_safety(world)
    return world


@pytest.fixture
def asakusa(guarded: World, bakery: Bakery) -> Deployment:
    return guarded.deployment("asakusa", bakery("asakusa"))


def armed(world: World) -> dict[str, datetime | None]:
    """What AWS holds: version to instant."""
    assert all(each.target is Target.STOP for each in world.scheduler.schedules.values())
    return {each.version_arn: stop_instant(each) for each in world.scheduler.schedules.values()}


def only(world: World) -> datetime | None:
    (found,) = armed(world).values()
    return found


def troubles() -> list[str]:
    return sorted(Trouble.objects.filter(closed_at=None).values_list("code", flat=True))


def test_version_is_armed_before_it_is_started(guarded: World, asakusa: Deployment) -> None:
    seen = []
    start = guarded.rekognition.start_version

    def look(arn: str, *, min_units: int, max_units: int | None) -> object:
        seen.append(dict(armed(guarded)))
        return start(arn, min_units=min_units, max_units=max_units)

    guarded.rekognition.start_version = look  # type: ignore[assignment, method-assign]
    guarded.tick(tokyo(2, 6, 30))
    assert seen == [{asakusa.live_version.arn: tokyo(2, 19, 50)}]  # type: ignore[union-attr]
    stop = SafetyStop.objects.get()
    assert (stop.state, stop.stops_at, stop.armed_at) == ("ARMED", tokyo(2, 19, 50), tokyo(2, 6, 30))


def test_version_started_while_its_stores_are_closed_is_armed_too(
    guarded: World, asakusa: Deployment
) -> None:
    guarded.tick(tokyo(2, 5))
    row = load_board().versions[asakusa.live_version_id]  # type: ignore[index]
    assert not row.is_wanted
    hands = Hands(
        guarded.rekognition, Safety({guarded.connection.pk: guarded.connection}, lambda _: guarded.scheduler)
    )
    assert start_version(row, reason=Reason("PROMOTION", {}), at=guarded.at, hands=hands).is_done
    assert only(guarded) == tokyo(2, 5, 50)  # the slowest start, and the margin


def test_schedule_is_taken_back_once_aws_has_taken_our_stop(guarded: World, asakusa: Deployment) -> None:
    guarded.ticks(tokyo(2, 19, 29), seconds=600)
    assert len(armed(guarded)) == 1
    stop = guarded.rekognition.stop_version

    def refuse_once(arn: str) -> None:
        guarded.rekognition.stop_version = stop  # type: ignore[method-assign]
        raise LimitExceeded("not now")

    guarded.rekognition.stop_version = refuse_once  # type: ignore[assignment, method-assign]
    guarded.tick(tokyo(2, 19, 30))
    assert only(guarded) == tokyo(2, 19, 50)
    guarded.ticks(tokyo(2, 19, 33), seconds=15)
    assert (armed(guarded), SafetyStop.objects.get().state) == ({}, "REMOVED")
    assert [call for call, _ in guarded.scheduler.calls] == ["put", "remove"]


def test_connection_without_a_safety_stop_is_never_asked(world: World, bakery: Bakery) -> None:
    world.deployment("asakusa", bakery("asakusa"))
    world.ticks(tokyo(2, 20), seconds=600)
    world.sweep()
    assert world.scheduler.calls == []
    assert not SafetyStop.objects.exists()


def test_quiet_tick_asks_the_scheduler_nothing_and_the_database_six_times(
    guarded: World, bakery: Bakery
) -> None:
    guarded.connection.max_running_models = 20
    guarded.connection.save()
    for n in range(12):
        hours = {day: [(0, 1440)] for day in range(7)} if n % 3 == 0 else None
        guarded.deployment(f"d{n}", bakery(f"s{n}", hours))
    guarded.ticks(tokyo(2, 8), seconds=300)
    assert len(armed(guarded)) == 12
    guarded.scheduler.calls.clear()
    with CaptureQueriesContext(database) as asked:
        guarded.tick(guarded.at + timedelta(seconds=5))
    assert len(asked) == 6, [each["sql"][:90] for each in asked]
    assert guarded.scheduler.calls == []


@pytest.mark.parametrize(
    ("change", "stops_at"),
    [
        (lambda store: stay_open(store=store, until_minute=22 * 60, author=None, at=tokyo(2, 8)), (22, 50)),
        (lambda store: OpeningHours.objects.filter(store=store).update(closes_minute=1080), (18, 50)),
        (
            lambda store: set_override(
                order=OverrideOrder(OverrideKind.STOP, tokyo(2, 12), tokyo(3, 0), "holiday", store=store),
                author=None, at=tokyo(2, 8),
            ),
            (12, 20),
        ),
        (lambda store: Connection.objects.update(safety_margin_minutes=60), (20, 30)),
    ],
)  # fmt: skip
def test_schedule_moves_with_the_plan(
    guarded: World, asakusa: Deployment, change: Callable[[Store], object], stops_at: tuple[int, int]
) -> None:
    guarded.ticks(tokyo(2, 8), seconds=600)
    change(Store.objects.get())
    guarded.tick(tokyo(2, 8, 0, 5))
    assert only(guarded) == tokyo(2, *stops_at)
    assert [call for call, _ in guarded.scheduler.calls] == ["put", "put"]


def test_split_hours_are_armed_for_each_half_and_bridged_where_the_gap_is_short(
    guarded: World, bakery: Bakery
) -> None:
    guarded.deployment("split", bakery("split", {0: [(420, 660), (900, 1140)]}))
    guarded.deployment("short", bakery("short", {0: [(420, 660), (730, 1140)]}))
    guarded.ticks(tokyo(2, 8), seconds=600)
    assert sorted(armed(guarded).values()) == [tokyo(2, 11, 50), tokyo(2, 19, 50)]
    guarded.ticks(tokyo(2, 15), seconds=600)
    assert sorted(armed(guarded).values()) == [tokyo(2, 19, 50), tokyo(2, 19, 50)]


def test_shop_that_never_closes_is_armed_on_and_on(guarded: World, bakery: Bakery) -> None:
    guarded.deployment("konbini", bakery("konbini", {day: [(0, 1440)] for day in range(7)}))
    guarded.tick(tokyo(2, 5))
    while guarded.at < tokyo(5, 5):
        guarded.tick(guarded.at + timedelta(minutes=20))
        stops_at = only(guarded)
        assert stops_at is not None
        assert timedelta(hours=10) < stops_at - guarded.at <= timedelta(hours=24)
    assert len(guarded.scheduler.calls) <= 8


@pytest.mark.parametrize("control", ["START_ONLY", "HANDS_OFF", "DRY_RUN"])
def test_model_that_nobody_may_stop_is_not_stopped_by_aws_either(
    guarded: World, bakery: Bakery, control: str
) -> None:
    made = guarded.deployment("mode", bakery("mode", control=control))
    guarded.ticks(tokyo(2, 8), seconds=600)
    if control != "START_ONLY":
        guarded.rekognition.start_version(made.live_version.arn, min_units=1, max_units=None)  # type: ignore[union-attr]
    guarded.ticks(tokyo(2, 23), seconds=600)
    assert guarded.status(made) == "RUNNING"
    assert armed(guarded) == {}


def test_start_only_store_under_an_override_is_not_armed_for_after_it(guarded: World, bakery: Bakery) -> None:
    made = guarded.deployment("mode", bakery("mode", control="START_ONLY"))
    order = OverrideOrder(OverrideKind.RUN, tokyo(2, 5), tokyo(2, 6), "baking", deployment=made)
    set_override(order=order, author=None, at=tokyo(2, 5))
    guarded.ticks(tokyo(2, 5, 30), seconds=60)
    assert guarded.status(made) == "RUNNING"
    assert armed(guarded) == {}


def test_guard_that_nobody_stops_it_holds_for_aws_too(guarded: World, asakusa: Deployment) -> None:
    Guard.objects.create(
        deployment=asakusa, kind="RUN", starts_at=tokyo(2, 6), ends_at=tokyo(2, 23), why="fair"
    )
    guarded.ticks(tokyo(2, 8), seconds=600)
    assert only(guarded) == tokyo(2, 23, 20)


def test_short_run_is_not_stopped_while_it_may_still_be_starting(guarded: World, asakusa: Deployment) -> None:
    order = OverrideOrder(OverrideKind.RUN, tokyo(2, 5), tokyo(2, 5, 15), "test", deployment=asakusa)
    set_override(order=order, author=None, at=tokyo(2, 5))
    guarded.tick(tokyo(2, 5))
    assert only(guarded) == tokyo(2, 5, 50)
    guarded.ticks(tokyo(2, 5, 10), seconds=15)
    assert only(guarded) == tokyo(2, 5, 35)


@pytest.mark.parametrize(
    "error",
    [SchedulerDenied("no"), GroupMissing("no"), ScheduleQuota("full"), SchedulerUnanswered("silence")],
)
def test_required_stop_that_cannot_be_armed_keeps_the_model_off_until_it_can(
    guarded: World, asakusa: Deployment, error: Exception
) -> None:
    guarded.tick(tokyo(2, 6, 29))
    guarded.scheduler.fail_next = [error] * 2  # type: ignore[list-item]
    guarded.ticks(tokyo(2, 6, 30, 15), seconds=5)
    run = Run.objects.order_by("id")[0]
    assert (run.outcome, run.start_params["refused"]) == ("REFUSED", error.code)  # type: ignore[attr-defined]
    refused = Decision.objects.filter(code="START").order_by("id")[0]
    assert (refused.outcome, refused.outcome_message) == (error.code, str(error))  # type: ignore[attr-defined]
    assert not any(call == "start_version" for call, _ in guarded.rekognition.calls)
    assert "UNARMED" in troubles()
    row = Connection.objects.get()
    assert (row.safety_error_code, row.safety_failing_since) == (error.code, tokyo(2, 6, 30))  # type: ignore[attr-defined]
    guarded.ticks(tokyo(2, 6, 50), seconds=10)
    assert guarded.status(asakusa) == "RUNNING"
    assert only(guarded) == tokyo(2, 19, 50)
    assert (troubles(), Connection.objects.get().safety_error_code) == ([], "")


def test_wanted_stop_that_cannot_be_armed_does_not_keep_the_shop_waiting(
    world: World, bakery: Bakery
) -> None:
    require_safety(world, "WANTED")
    made = world.deployment("asakusa", bakery("asakusa"))
    world.scheduler.fail_next = [SchedulerDenied("no")] * 3
    world.tick(tokyo(2, 6, 30))
    assert Run.objects.get().accepted_at == tokyo(2, 6, 30)
    world.tick(tokyo(2, 6, 30, 5))
    assert troubles() == ["UNARMED"]
    world.ticks(tokyo(2, 6, 45), seconds=10)
    assert (world.status(made), only(world), troubles()) == ("RUNNING", tokyo(2, 19, 50), [])


def test_silent_scheduler_is_asked_once_a_while_not_once_a_model(guarded: World, bakery: Bakery) -> None:
    for n in range(8):
        guarded.deployment(f"d{n}", bakery(f"s{n}"))
    guarded.connection.max_running_models = 20
    guarded.connection.save()
    guarded.scheduler.fail_next = [SchedulerUnanswered("silence")] * 100
    guarded.tick(tokyo(2, 6, 30))
    assert len(guarded.scheduler.calls) == 1
    guarded.tick(tokyo(2, 6, 30, 20))
    assert len(guarded.scheduler.calls) == 1


def test_refused_start_leaves_no_schedule_behind(guarded: World, asakusa: Deployment) -> None:
    guarded.tick(tokyo(2, 6, 29))
    start = guarded.rekognition.start_version

    def refuse_once(arn: str, *, min_units: int, max_units: int | None) -> None:
        guarded.rekognition.start_version = start  # type: ignore[method-assign]
        raise LimitExceeded("two are running")

    guarded.rekognition.start_version = refuse_once  # type: ignore[assignment, method-assign]
    guarded.tick(tokyo(2, 6, 30))
    assert armed(guarded) == {}
    guarded.ticks(tokyo(2, 6, 30, 20), seconds=5)
    assert only(guarded) == tokyo(2, 19, 50)


def test_removal_that_failed_is_made_up_for(guarded: World, asakusa: Deployment) -> None:
    guarded.ticks(tokyo(2, 19, 29), seconds=600)
    guarded.scheduler.fail_next = [SchedulerUnanswered("silence")]
    guarded.tick(tokyo(2, 19, 30))
    assert len(armed(guarded)) == 1
    guarded.ticks(tokyo(2, 19, 32), seconds=10)
    assert armed(guarded) == {}


def test_deleted_schedule_is_armed_again_and_told_of(guarded: World, asakusa: Deployment) -> None:
    guarded.ticks(tokyo(2, 8), seconds=600)
    guarded.scheduler.schedules.clear()
    guarded.sweep()
    guarded.tick(tokyo(2, 8, 0, 5))
    assert (only(guarded), troubles()) == (tokyo(2, 19, 50), ["SAFETY_EDITED"])


def test_schedule_edited_by_hand_is_put_back_and_told_of_for_half_a_day(
    guarded: World, asakusa: Deployment
) -> None:
    guarded.ticks(tokyo(2, 8), seconds=600)
    ((name, made),) = guarded.scheduler.schedules.items()
    guarded.scheduler.schedules[name] = replace(made, expression="at(2030-01-01T00:00:00)")
    guarded.sweep()
    guarded.tick(tokyo(2, 8, 0, 5))
    assert (only(guarded), troubles()) == (tokyo(2, 19, 50), ["SAFETY_EDITED"])
    guarded.ticks(tokyo(2, 20, 1), seconds=600)
    guarded.sweep()
    assert troubles() == []


def test_schedules_that_nobody_needs_are_removed_and_another_portals_are_not(
    guarded: World, asakusa: Deployment
) -> None:
    guarded.ticks(tokyo(2, 8), seconds=600)
    arn = asakusa.live_version.arn  # type: ignore[union-attr]
    theirs = safety_schedule(RIVAL, arn, tokyo(2, 12))
    dead = safety_schedule(installation_id(), arn + "9", tokyo(2, 12))
    by_hand = replace(theirs, name="store-042-open")
    for each in (theirs, dead, by_hand):
        guarded.scheduler.put(each)
    guarded.sweep()
    assert set(guarded.scheduler.schedules) == {
        schedule_name(installation_id(), arn), theirs.name, "store-042-open",
    }  # fmt: skip
    assert Connection.objects.get().safety_rivals == RIVAL[:8]
    guarded.scheduler.remove(theirs.name)
    guarded.sweep()
    assert Connection.objects.get().safety_rivals == ""


def test_switched_off_connection_takes_its_schedules_back(guarded: World, asakusa: Deployment) -> None:
    guarded.ticks(tokyo(2, 8), seconds=600)
    Connection.objects.update(safety_stop="OFF")
    guarded.tick(tokyo(2, 8, 0, 5))
    assert armed(guarded) == {}
    guarded.scheduler.calls.clear()
    guarded.ticks(tokyo(2, 8, 1), seconds=5)
    guarded.sweep()
    assert guarded.scheduler.calls == []


def test_failing_account_is_forgiven_by_the_sweep_when_it_can_be_armed_again(
    guarded: World, asakusa: Deployment
) -> None:
    guarded.tick(tokyo(2, 6, 29))
    guarded.scheduler.fail_next = [SchedulerDenied("no")]
    guarded.tick(tokyo(2, 6, 30))
    assert Connection.objects.get().safety_error_code == "scheduler_denied"
    guarded.sweep()
    assert Connection.objects.get().safety_error_code == ""
    assert guarded.scheduler.schedules == {}


def fire(scheduler: InMemoryScheduler, world: World) -> None:
    """Do what AWS does with the schedules that are due."""
    for name, each in list(scheduler.schedules.items()):
        instant = stop_instant(each)
        if instant is not None and instant <= world.at:
            world.rekognition.stop_version(each.version_arn)
            del scheduler.schedules[name]


def test_model_that_aws_stopped_while_the_portal_was_dead_is_told_of_and_billed_until_then(
    guarded: World, asakusa: Deployment
) -> None:
    guarded.ticks(tokyo(2, 8), seconds=600)
    guarded.at = tokyo(2, 19, 50)
    fire(guarded.scheduler, guarded)
    guarded.ticks(tokyo(2, 21), seconds=4_200)
    run = Run.objects.get()
    assert (run.stop_code, run.stopping_at, run.outcome) == ("SAFETY_STOP", tokyo(2, 19, 50), "STOPPED")
    assert (troubles(), SafetyStop.objects.get().state) == (["SAFETY_FIRED"], "FIRED")
    guarded.ticks(tokyo(3, 10), seconds=600)
    guarded.sweep()
    assert (only(guarded), troubles()) == (tokyo(3, 19, 50), [])


def test_portal_that_died_in_the_start_bills_the_day_that_nobody_saw(
    guarded: World, asakusa: Deployment
) -> None:
    guarded.tick(tokyo(2, 6, 30))
    guarded.at = tokyo(2, 19, 50)
    fire(guarded.scheduler, guarded)
    guarded.tick(tokyo(2, 21))
    guarded.tick(tokyo(2, 21, 0, 5))
    run = Run.objects.get()
    assert (run.running_at, run.stopping_at) == (tokyo(2, 6, 30), tokyo(2, 19, 50))
    assert (run.stop_code, run.outcome) == ("SAFETY_STOP", "STOPPED")


def test_stop_by_hand_before_its_instant_is_not_taken_for_the_safety_stop(
    guarded: World, asakusa: Deployment
) -> None:
    guarded.ticks(tokyo(2, 19), seconds=600)
    guarded.rekognition.stop_version(asakusa.live_version.arn)  # type: ignore[union-attr]
    guarded.tick(tokyo(2, 19, 0, 5))
    assert Run.objects.get().stop_code == "OUTSIDE_STOP"
    assert troubles() == []


def test_schedule_that_aws_did_not_carry_out_is_told_of(guarded: World, asakusa: Deployment) -> None:
    guarded.ticks(tokyo(2, 8), seconds=600)
    guarded.tick(tokyo(2, 21))
    guarded.tick(tokyo(2, 21, 2))
    assert guarded.status(asakusa) == "STOPPED"
    assert (armed(guarded), troubles()) == ({}, ["SAFETY_MISSED"])


def test_model_started_by_hand_for_an_open_shop_is_armed_too(guarded: World, asakusa: Deployment) -> None:
    guarded.rekognition.start_version(asakusa.live_version.arn, min_units=1, max_units=None)  # type: ignore[union-attr]
    guarded.ticks(tokyo(2, 8), seconds=600)
    assert only(guarded) == tokyo(2, 19, 50)


def test_promotion_leaves_one_schedule_a_running_version(guarded: World, asakusa: Deployment) -> None:
    guarded.ticks(tokyo(2, 8), seconds=60)
    new = guarded.version("asakusa", "v2")
    promote(deployment=asakusa, version=new, reason="better", author=None, at=guarded.at)
    while guarded.at < tokyo(2, 8, 20):
        guarded.tick(guarded.at + timedelta(seconds=15))
        on = Run.objects.filter(ended_at=None, stopping_at=None).values_list("version__arn", flat=True)
        assert set(armed(guarded)) == set(on)
    assert armed(guarded) == {new.arn: tokyo(2, 19, 50)}


def test_trial_is_armed_for_its_own_end(guarded: World, asakusa: Deployment) -> None:
    guarded.ticks(tokyo(2, 5, 10), seconds=60)
    new = guarded.version("asakusa", "v2")
    Trial.objects.create(deployment=asakusa, version=new, created_at=guarded.at, until=tokyo(2, 6, 10))
    guarded.ticks(tokyo(2, 5, 40), seconds=15)
    assert armed(guarded) == {new.arn: tokyo(2, 6, 30)}
    Trial.objects.update(state="ENDING")
    guarded.ticks(tokyo(2, 5, 50), seconds=15)
    assert armed(guarded) == {}
