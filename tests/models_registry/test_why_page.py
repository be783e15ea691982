"""Why was it on or off? Asked at awkward instants."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from models_registry.domain.overrides import OverrideKind
from models_registry.selectors.why import explain
from models_registry.services.overrides import OverrideOrder, set_override
from portal.base.errors import InvalidInput
from portal.base.models import User
from stores.models import SpecialDay, Store
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]


def test_open_store_is_explained_by_its_weekly_hours_and_its_run(world: World, bakery: Bakery) -> None:
    world.deployment("asakusa", bakery("asakusa"))
    for instant in (tokyo(2, 6, 30), tokyo(2, 6, 40), tokyo(2, 6, 41), tokyo(2, 9)):
        world.tick(instant)

    told = explain(Store.objects.get(), at=tokyo(2, 8))

    assert (told.is_open, told.is_needed, told.is_wanted, told.is_ahead) == (True, True, True, False)
    assert told.decision is not None
    assert told.decision.code == "AS_WANTED_RUNNING"
    assert told.run is not None
    assert told.run.running_at is not None
    assert told.next_change_at == tokyo(2, 19, 30)
    assert told.sentences()[:3] == [
        "Asakusa is open at 2026-11-02 08:00 JST.",
        "The weekly hours for Monday are 07:00–19:00.",
        "A start is ordered 30 minutes before opening, the store's fixed lead, "
        "and the model is kept 30 minutes after closing.",
    ]


def test_spill_past_midnight_is_explained_by_the_day_it_began(world: World, bakery: Bakery) -> None:
    night = bakery("night", {5: [(1080, 1560)]})  # Saturday 18:00–02:00
    told = explain(night, at=tokyo(8, 1))  # Sunday 01:00
    assert told.is_open
    assert told.rule.on == date(2026, 11, 7)
    assert told.needed_until == tokyo(8, 2, 30)


def test_special_day_names_its_author_scope_and_note(world: World, bakery: Bakery) -> None:
    store = bakery("asakusa")
    anna = User.objects.create_user("anna", first_name="Anna", last_name="Ito")
    SpecialDay.objects.create(on=date(2026, 11, 3), kind="CLOSED", note="Culture Day", author=anna)
    told = explain(store, at=tokyo(3, 12))
    assert not told.is_open
    assert told.rule.scope == "all"
    assert "A special day holds on 2026-11-03 for every store: closed." in told.sentences()
    assert "It was entered by Anna Ito. Culture Day" in told.sentences()


def test_override_in_force_is_named_with_its_author_and_end(world: World, bakery: Bakery) -> None:
    store = bakery("asakusa")
    world.deployment("asakusa", store)
    ken = User.objects.create_user("ken")
    order = OverrideOrder(OverrideKind.STOP, tokyo(2, 10), tokyo(2, 12), "Oven repair", store=store)
    set_override(order=order, author=ken, at=tokyo(2, 10))
    told = explain(store, at=tokyo(2, 11))
    assert told.override is not None
    assert (told.override.kind, told.override.author, told.is_wanted) == ("STOP", "ken", False)
    assert told.wish is not None
    assert told.wish.code == "OVERRIDE_STOP"


@pytest.mark.parametrize(
    ("zone_name", "at", "is_open"),
    [
        ("Europe/Paris", datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), False),
        ("Europe/Paris", datetime(2026, 3, 29, 1, 0, tzinfo=UTC), True),  # 02:30 does not exist: 03:00
        ("America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC), True),  # the second 01:30
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, 30, tzinfo=UTC), True),
        ("Asia/Kathmandu", datetime(2026, 2, 28, 20, 45, tzinfo=UTC), True),  # 02:30 local
    ],
)
def test_clock_change_days_are_judged_on_the_stores_clock(
    world: World, bakery: Bakery, zone_name: str, at: datetime, is_open: bool
) -> None:
    opens = 90 if zone_name in {"America/New_York", "Australia/Lord_Howe"} else 150
    store = bakery("early", {day: [(opens, 600)] for day in range(7)}, timezone=zone_name)
    assert explain(store, at=at).is_open is is_open


def test_instant_after_the_last_look_is_only_a_plan(world: World, bakery: Bakery) -> None:
    store = bakery("asakusa")
    world.deployment("asakusa", store)
    world.tick(tokyo(2, 5))
    told = explain(store, at=tokyo(4, 6, 45))
    assert told.is_ahead
    assert told.is_wanted
    assert "The portal has not looked at this instant yet: this is the plan." in told.sentences()


def test_store_without_a_deployment_or_hours_is_explained(world: World, bakery: Bakery) -> None:
    told = explain(bakery("bare", {}), at=tokyo(2, 12))
    assert told.deployment == ""
    assert told.next_change_at is None
    assert any("No deployment serves this store" in text for text in told.sentences())


def test_explanation_is_plain_json_and_bounded_in_queries(world: World, bakery: Bakery) -> None:
    store = bakery("asakusa")
    world.deployment("asakusa", store, *(bakery(f"other-{number}") for number in range(5)))
    for instant in (tokyo(2, 6, 30), tokyo(2, 6, 40), tokyo(2, 6, 41), tokyo(2, 9)):
        world.tick(instant)
    with CaptureQueriesContext(connection) as captured:
        told = explain(store, at=tokyo(2, 8) + timedelta(seconds=1))
    assert len(captured) <= 14
    assert json.loads(json.dumps(told.to_dict()))["at"] == "2026-11-02T08:00:01+09:00"


def test_naive_instant_is_refused(world: World, bakery: Bakery) -> None:
    with pytest.raises(InvalidInput):
        explain(bakery("asakusa"), at=datetime(2026, 11, 2, 8))  # noqa: DTZ001  the point of the test
