"""When AWS should stop a model by itself: from the windows of the plan to one instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_registry.domain.safety import (
    ROLL_SECONDS,
    Act,
    Listing,
    Need,
    is_edited,
    planned_end,
    probe_name,
    reconcile,
    rolling_stop,
    safety_schedule,
    schedule_name,
    sort_names,
    stop_instant,
    wanted_stop,
)
from models_registry.domain.schedules import NAME, Schedule, Target

OURS, THEIRS = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"
ARN = "arn:aws:rekognition:ap-northeast-1:123456789012:project/breads/version/v1/1700000000000"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
MARGIN = timedelta(minutes=20)
MORNING, AFTERNOON, NIGHT = (7 * 3600, 11 * 3600), (15 * 3600, 19 * 3600), (19 * 3600 + 600, 23 * 3600)


@pytest.mark.parametrize(
    ("windows", "hour", "end"),
    [
        ([MORNING, AFTERNOON], 8, 11),
        ([MORNING, AFTERNOON], 16, 19),
        ([MORNING, AFTERNOON, NIGHT], 16, 23),
        ([MORNING], 13, 13),
        ([(7 * 3600, 200 * 3600)], 8, None),
    ],
)
def test_planned_end_is_that_of_the_window_with_short_gaps_bridged(
    windows: list[tuple[int, int]], hour: int, end: int | None
) -> None:
    found = planned_end(windows, hour * 3600, margin=1200, until=192 * 3600)
    assert found == (end * 3600 if end is not None else None)


@given(st.integers(0, 10**10), st.integers(0, 10**7))
def test_rolling_stop_lies_half_a_day_to_a_day_ahead_and_moves_once_in_half_a_day(
    second: int, phase: int
) -> None:
    stop = rolling_stop(second, phase=phase)
    assert ROLL_SECONDS < stop - second <= 2 * ROLL_SECONDS
    assert rolling_stop(stop - ROLL_SECONDS - 1, phase=phase) == stop
    assert rolling_stop(stop - ROLL_SECONDS, phase=phase) == stop + ROLL_SECONDS


def need(**facts: object) -> Need:
    whole = {"runs": True, "is_wanted": True, "may_stop": True, "planned": None, "held": None, **facts}
    return Need(**whole)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "minutes"),
    [
        ({"planned": NOON + timedelta(hours=1)}, 60),
        ({"planned": NOON + timedelta(hours=1), "runs": False}, None),
        ({"planned": NOON + timedelta(minutes=5), "starting_since": NOON}, 50),
        ({"planned": None}, None),
        ({"is_wanted": False}, 20),
        ({"is_wanted": False, "may_stop": False, "held": NOON}, None),
        ({"is_wanted": False, "held": NOON + timedelta(minutes=7)}, 7),
        ({"is_wanted": False, "held": NOON + timedelta(hours=7)}, 20),
        ({"is_wanted": False, "held": NOON - timedelta(minutes=2)}, -2),
        ({"is_wanted": False, "held": NOON - timedelta(minutes=6)}, 20),
    ],
)
def test_stop_follows_the_plan_and_never_the_clock_alone(
    facts: dict[str, object], minutes: int | None
) -> None:
    wanted = wanted_stop(need(**facts), margin=MARGIN, at=NOON)
    assert wanted == (NOON + timedelta(minutes=minutes) if minutes is not None else None)


@given(st.integers(0, 86_400), st.integers(0, 3_600))
def test_stop_of_an_unwanted_model_stays_where_it_was_put(seconds: int, later: int) -> None:
    at = NOON + timedelta(seconds=seconds)
    first = wanted_stop(need(is_wanted=False), margin=MARGIN, at=at)
    assert first is not None
    again = at + min(timedelta(seconds=later), MARGIN)
    assert wanted_stop(need(is_wanted=False, held=first), margin=MARGIN, at=again) == first


@pytest.mark.parametrize(
    ("wanted", "held", "act"),
    [
        (None, None, Act.KEEP), (NOON, NOON, Act.KEEP), (NOON, None, Act.PUT), (None, NOON, Act.REMOVE),
        (NOON, NOON - MARGIN, Act.PUT),
    ],
)  # fmt: skip
def test_act_makes_aws_hold_what_is_wanted(wanted: datetime | None, held: datetime | None, act: Act) -> None:
    assert reconcile(wanted, held) is act


@given(st.integers(1_767_225_600, 1_893_456_000), st.timezones())
def test_schedule_says_its_instant_in_utc_whatever_the_clocks_do(second: int, zone: ZoneInfo) -> None:
    at = datetime.fromtimestamp(second, UTC)
    made = safety_schedule(OURS, ARN, at.astimezone(zone))
    assert stop_instant(made) == at
    assert (made.timezone, made.target, made.version_arn) == ("UTC", Target.STOP, ARN)
    assert made.is_deleted_after
    assert NAME.match(made.name)
    assert OURS in made.description
    assert len(made.description) <= 512


def test_name_is_the_same_for_a_version_and_another_for_another_portal() -> None:
    assert schedule_name(OURS, ARN) == schedule_name(OURS, ARN)
    assert len({schedule_name(OURS, ARN), schedule_name(THEIRS, ARN), schedule_name(OURS, ARN + "1")}) == 3


def test_names_of_a_group_are_ours_strays_or_another_portals() -> None:
    held, gone = schedule_name(OURS, ARN), schedule_name(OURS, ARN + "1")
    stray, theirs = probe_name(OURS), schedule_name(THEIRS, ARN)
    listed = [held, stray, theirs, "store-042-open", "kamado-stop-by-hand"]
    assert sort_names(listed, OURS, {held, gone}) == Listing([gone], [stray], [THEIRS[:8]])


@pytest.mark.parametrize(
    "edit",
    [
        {"expression": "at(2026-11-02T13:00:00)"}, {"expression": "rate(1 days)"}, {"timezone": "Asia/Tokyo"},
        {"version_arn": ARN + "1"}, {"target": Target.START}, {"is_enabled": False},
        {"is_deleted_after": False},
    ],
)  # fmt: skip
def test_edit_by_hand_is_seen(edit: dict[str, object]) -> None:
    made = safety_schedule(OURS, ARN, NOON)
    facts = {name: getattr(made, name) for name in Schedule.__dataclass_fields__}
    assert not is_edited(made, Schedule(**facts))
    assert is_edited(made, Schedule(**{**facts, **edit}))
    assert is_edited(made, None)
