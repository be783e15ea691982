"""Why a day differs from its plan: worked examples of docs/billing.md, and causes that always add up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models_registry.domain.billing import RunFacts, Share, StoreClaim, split_run
from models_registry.domain.overrides import OverrideKind, OverrideSpan
from models_registry.domain.variance import Cause, Causes, Divided, Named, Story, causes_of
from stores.domain.localtime import to_seconds
from tests.models_registry.conftest import tokyo

FOUR = Decimal("4.00")
TODAY = date(2026, 11, 2)
ASAKUSA, UMEDA = 1, 2


def at(hour: int, minute: int = 0) -> int:
    return to_seconds(tokyo(2, hour, minute))


def divided(
    start: int, end: int, *windows: tuple[int, int, int], units: int = 1, price: Decimal = FOUR,
    is_outside: bool = False, weights: dict[int, int] | None = None,
) -> Divided:  # fmt: skip
    """A run or a planned one; `windows` are (store, from, until)."""
    claims: dict[int, StoreClaim] = {}
    for store, low, high in windows:
        known = claims.get(store, StoreClaim("Asia/Tokyo", ()))
        claims[store] = StoreClaim("Asia/Tokyo", (*known.spans, (low, high)))
    return Divided(RunFacts(start, end, units, price), claims, weights or {}, is_outside)


def shares(all_of: Sequence[Divided]) -> list[Share]:
    return [share for each in all_of for share in split_run(each.facts, each.claims, each.weights)]


def explain(plan: list[Divided], runs: list[Divided], **facts: object) -> Causes:
    story = Story({ASAKUSA: "Asia/Tokyo", UMEDA: "Asia/Tokyo"}, plan, runs, **facts)  # type: ignore[arg-type]
    return causes_of(story, shares(runs), shares(plan))


DAY = (ASAKUSA, at(6, 30), at(19, 30))
PLAN = divided(at(6, 39), at(19, 30), DAY)


@pytest.mark.parametrize(
    ("run", "cause", "usd"),
    [
        (divided(at(6, 39), at(19, 50), DAY), Cause.LATE_STOP, "1.333333"),
        (divided(at(6, 39), at(19, 0), DAY), Cause.EARLY_STOP, "-2.000000"),
        (divided(at(6, 36), at(19, 30), DAY), Cause.EARLY_START, "0.200000"),
        (divided(at(6, 48), at(19, 30), DAY), Cause.LATE_START, "-0.600000"),
        (divided(at(6, 39), at(19, 30), DAY, units=2), Cause.UNITS, "51.400000"),
        (divided(at(6, 39), at(19, 30), DAY, price=Decimal("5.00")), Cause.PRICE, "12.850000"),
        (divided(at(6, 39), at(19, 50), (ASAKUSA, at(6, 30), at(19, 50))), Cause.HOURS, "1.333333"),
    ],
)  # fmt: skip
def test_one_thing_that_differs_is_named(run: Divided, cause: Cause, usd: str) -> None:
    assert explain([PLAN], [run]) == {(ASAKUSA, TODAY): {Named(cause): Decimal(usd)}}


def test_override_is_named_with_the_person_behind_it() -> None:
    stay = OverrideSpan(at(19, 30), at(21), OverrideKind.RUN, 1, "Aiko")
    run = divided(at(6, 39), at(21, 5), (ASAKUSA, at(6, 30), at(21)))
    assert explain([PLAN], [run], overrides=[stay]) == {
        (ASAKUSA, TODAY): {
            Named(Cause.OVERRIDE, "Aiko"): Decimal("6.000000"),
            Named(Cause.LATE_STOP): Decimal("0.333333"),
        }
    }


def test_stopping_early_by_override_saves_in_somebodys_name() -> None:
    stop = OverrideSpan(at(18), at(23), OverrideKind.STOP, 1, "Kenji")
    run = divided(at(6, 39), at(18), (ASAKUSA, at(6, 30), at(18)))
    found = explain([PLAN], [run], overrides=[stop])
    assert found == {(ASAKUSA, TODAY): {Named(Cause.OVERRIDE, "Kenji"): Decimal("-6.000000")}}


def test_failed_start_and_start_under_way_are_told_from_one_never_made() -> None:
    late = divided(at(7, 9), at(19, 30), DAY)
    assert explain([PLAN], [late], failed_at=[at(6, 31)])[ASAKUSA, TODAY] == {
        Named(Cause.FAILED_START): Decimal("-2.000000")
    }
    cut = divided(at(6, 39), at(6, 54), DAY)
    assert explain([cut], [], starting_at=at(6, 30))[ASAKUSA, TODAY].keys() == {Named(Cause.LATE_START)}
    assert explain([PLAN], [])[ASAKUSA, TODAY] == {Named(Cause.NOT_STARTED): Decimal("-51.400000")}


def test_run_outside_the_plan_is_told_apart() -> None:
    night = divided(at(1), at(2), DAY, is_outside=True)
    found = explain([PLAN], [night, divided(at(6, 39), at(19, 30), DAY)])
    assert found == {(ASAKUSA, TODAY): {Named(Cause.OUTSIDE): Decimal("4.000000")}}


def test_second_version_that_runs_while_one_takes_over_is_told_apart() -> None:
    new = divided(at(12), at(19, 30), DAY)
    old = divided(at(6, 39), at(12, 10), DAY)
    found = explain([PLAN], [old, new])
    assert found == {(ASAKUSA, TODAY): {Named(Cause.SWITCH): Decimal("0.666667")}}


def test_neighbours_later_evening_moves_money_between_the_two() -> None:
    """The neighbour stays on until 21:00, which it pays; it needed 06:30–19:30 less, which Asakusa pays."""
    both = [(ASAKUSA, at(7), at(19)), (UMEDA, at(7), at(19))]
    plan = divided(at(7), at(19), *both)
    run = divided(at(7), at(19), (ASAKUSA, at(7), at(19)), (UMEDA, at(9), at(19)))
    found = explain([plan], [run])
    assert found[ASAKUSA, TODAY] == {Named(Cause.SHARING): Decimal("4.000000")}
    assert found[UMEDA, TODAY] == {Named(Cause.SHARING): Decimal("-4.000000")}


def test_causes_of_a_day_are_cut_at_local_midnight() -> None:
    window = (ASAKUSA, at(18), at(26, 30))
    plan, run = divided(at(18), at(26), window), divided(at(18), at(26, 30), window)
    found = explain([plan], [run])
    assert list(found) == [(ASAKUSA, date(2026, 11, 3))]


MINUTES = st.integers(0, 30 * 60).map(lambda minute: at(0) + 60 * minute)
SPANS = st.tuples(MINUTES, MINUTES).map(lambda two: (min(two), max(two) + 60))


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Divided], list[Divided], dict[str, object]]:
    def windows() -> list[tuple[int, int, int]]:
        return [
            (draw(st.sampled_from([ASAKUSA, UMEDA])), *span) for span in draw(st.lists(SPANS, max_size=3))
        ]

    def pieces(count: int, planned: list[tuple[int, int, int]]) -> list[Divided]:
        edges = sorted(draw(st.lists(MINUTES, min_size=2 * count, max_size=2 * count, unique=True)))
        weights = draw(st.sampled_from([{}, {ASAKUSA: 1, UMEDA: 1}, {ASAKUSA: 1, UMEDA: 3}]))
        stretch = [(ASAKUSA, 0, 1), (UMEDA, 0, 1)]
        return [
            divided(start + draw(st.integers(0, 59)), end, *planned, *stretch, weights=weights,
                    units=draw(st.integers(1, 3)), price=draw(st.sampled_from([FOUR, Decimal("1.37")])))
            for start, end in zip(edges[::2], edges[1::2], strict=True)
        ]  # fmt: skip

    kinds = st.sampled_from(OverrideKind)
    overrides = [
        OverrideSpan(*span, draw(kinds), pk, "Aiko")
        for pk, span in enumerate(draw(st.lists(SPANS, max_size=2)))
    ]
    facts = {"overrides": overrides, "failed_at": draw(st.lists(MINUTES, max_size=2))}
    return pieces(draw(st.integers(0, 2)), windows()), pieces(draw(st.integers(0, 2)), windows()), facts


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories())
def test_causes_add_up_to_the_difference_and_rounding_is_small(
    story: tuple[list[Divided], list[Divided], dict[str, object]],
) -> None:
    plan, runs, facts = story
    found = explain(plan, runs, **facts)
    rest: dict[tuple[int, date], Decimal] = defaultdict(Decimal)
    for share in shares(runs):
        rest[share.store, share.on] += share.usd
    for share in shares(plan):
        rest[share.store, share.on] -= share.usd
    assert {day: sum(causes.values()) for day, causes in found.items() if sum(causes.values())} == {
        day: usd for day, usd in rest.items() if usd
    }
    begun = sum(abs(causes.get(Named(Cause.ROUNDING), Decimal(0))) for causes in found.values())
    most = sum((each.facts.units * each.facts.usd_per_hour / 60 for each in [*plan, *runs]), Decimal("0.001"))
    assert begun <= most
