"""A day of one bakery, told in ticks: the article's 07:00–19:00 with 30 minutes on either side."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from models_registry.domain.billing import run_usd
from models_registry.models import Decision, Run, StoreSpend, Trouble
from models_registry.selectors.spend import inference_rates, run_facts
from models_registry.services.spend import rebuild_spend, recent_days
from stores.models import Store
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]


def test_model_is_lit_before_opening_and_banked_after_closing(world: World, bakery: Bakery) -> None:
    asakusa = world.deployment("asakusa", bakery("asakusa"))

    world.tick(tokyo(2, 6, 29, 59))
    assert world.status(asakusa) == "TRAINING_COMPLETED"
    world.tick(tokyo(2, 6, 30))
    world.tick(tokyo(2, 6, 30, 5))
    assert world.status(asakusa) == "STARTING"
    world.ticks(tokyo(2, 6, 40), seconds=5)
    assert world.status(asakusa) == "RUNNING"
    world.tick(tokyo(2, 19, 29, 55))
    assert world.status(asakusa) == "RUNNING"
    world.tick(tokyo(2, 19, 30))
    world.tick(tokyo(2, 19, 30, 5))
    assert world.status(asakusa) == "STOPPING"
    world.ticks(tokyo(2, 19, 32))
    assert world.status(asakusa) == "STOPPED"

    run = Run.objects.get()
    assert (run.requested_at, run.running_at) == (tokyo(2, 6, 30), tokyo(2, 6, 39))
    assert (run.stopping_at, run.outcome) == (tokyo(2, 19, 30), "STOPPED")
    codes = list(Decision.objects.order_by("id").values_list("code", flat=True))
    assert codes == [
        "AS_WANTED_OFF", "START", "STARTING", "AS_WANTED_RUNNING", "STOP", "STOPPING", "AS_WANTED_OFF",
    ]  # fmt: skip


def test_spend_of_the_day_is_the_run_in_minutes_at_four_dollars(world: World, bakery: Bakery) -> None:
    world.deployment("asakusa", bakery("asakusa"))
    for minute in range(6 * 60, 20 * 60):
        world.tick(tokyo(2, minute // 60, minute % 60))

    rebuild_spend(first_on=tokyo(2, 12).date(), last_on=tokyo(2, 12).date(), at=world.at)

    row = StoreSpend.objects.get()
    run = Run.objects.select_related("version__project__connection").get()
    assert run_usd(run_facts(run, inference_rates(), at=world.at)) == row.usd
    assert row.billed_minutes == 12 * 60 + 51  # 06:39 to 19:30
    assert row.usd == Decimal("51.400000")


def test_missed_ticks_heal_on_the_next_one(world: World, bakery: Bakery) -> None:
    asakusa = world.deployment("asakusa", bakery("asakusa"))
    world.tick(tokyo(2, 5))
    world.tick(tokyo(2, 9))
    world.tick(tokyo(2, 10))
    assert world.status(asakusa) == "RUNNING"
    world.tick(tokyo(3, 3))
    world.tick(tokyo(3, 4))
    assert world.status(asakusa) == "STOPPED"
    assert Run.objects.count() == 1


def test_open_store_without_a_ready_model_is_alarmed_until_it_is(world: World, bakery: Bakery) -> None:
    world.deployment("asakusa", bakery("asakusa", open_buffer_minutes=0))
    world.ticks(tokyo(2, 7, 0, 10), seconds=3_605)
    assert list(Trouble.objects.filter(closed_at=None).values_list("code", flat=True)) == ["NOT_READY"]
    world.ticks(tokyo(2, 7, 10), seconds=60)
    assert not Trouble.objects.filter(closed_at=None).exists()


def test_days_that_no_worker_saw_are_billed_when_it_is_back(world: World, bakery: Bakery) -> None:
    world.deployment("asakusa", bakery("asakusa"))
    for instant in ((6, 30), (6, 31), (6, 39), (6, 40), (7, 0)):
        world.tick(tokyo(2, *instant))
    for at in (world.at, tokyo(9, 9)):
        first_on, last_on = recent_days(at=at)
        rebuild_spend(first_on=first_on, last_on=last_on, at=at)
    run = Run.objects.select_related("version__project__connection").get(ended_at=None)
    billed = sum((row.usd for row in StoreSpend.objects.all()), Decimal(0))
    assert billed == run_usd(run_facts(run, inference_rates(), at=tokyo(9, 9)))
