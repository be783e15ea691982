"""When somebody is told: a table of moments, and quiet hours."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.domain.delivering import MOST_ATTEMPTS, State, is_due, pause_after, state_after_failure
from alerts.domain.kinds import Duty, Severity
from alerts.domain.quiet import Wishes, is_quiet, may_tell
from alerts.domain.scope import Place, Reach, Reaches
from alerts.domain.telling import PAUSE, SETTLING, STALE, Event, Member, message_due
from tests.models_registry.conftest import tokyo

AT = tokyo(2, 9)
NAG = timedelta(minutes=10)
SECOND = timedelta(seconds=1)


def member(pk: int = 1, *, began: timedelta = timedelta(0), **fields: object) -> Member:
    return Member(pk, AT + began, fields.pop("ended_at", None), NAG, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("after", "members", "expected"),
    [
        (SETTLING - SECOND, [member()], None),
        (SETTLING, [member()], Event.BEGAN),
        (SETTLING, [member(is_silent=True)], None),
        (SETTLING, [member(told_at=AT)], None),
        (NAG - SECOND, [member(told_at=AT)], None),
        (NAG, [member(told_at=AT)], Event.NAG),
        (NAG, [member(told_at=AT, is_silent=True)], None),
        (PAUSE - SECOND, [member(told_at=AT), member(2, began=SECOND)], None),
        (PAUSE, [member(told_at=AT), member(2, began=SECOND)], Event.BEGAN),
        (SETTLING - SECOND, [member(told_at=AT, ended_at=AT)], None),
        (SETTLING, [member(told_at=AT, ended_at=AT)], Event.OVER),
        (SETTLING, [member(told_at=AT, ended_at=AT, is_end_told=True)], None),
        (SETTLING, [member(ended_at=AT)], None),
        (SETTLING, [member(told_at=AT, ended_at=AT), member(2, told_at=AT)], None),
        (PAUSE, [member(told_at=AT, ended_at=AT), member(2, told_at=AT)], Event.OVER),
        (STALE + SECOND, [member(told_at=AT, ended_at=AT)], None),
    ],
)  # fmt: skip
def test_message_is_due_at_its_moment(after, members, expected) -> None:
    message = message_due(members, at=AT + after)
    assert (message.event if message else None) == expected


def test_all_that_began_together_is_one_message() -> None:
    members = [member(pk, began=timedelta(milliseconds=pk * 90)) for pk in range(300)]
    message = message_due(members, at=AT + SETTLING)
    assert message is not None
    assert len(message.members) == 300


def test_reminder_names_everything_that_still_stands() -> None:
    members = [member(told_at=AT), member(2, told_at=AT + NAG / 2), member(3, told_at=AT, is_silent=True)]
    message = message_due(members, at=AT + NAG)
    assert message is not None
    assert [each.pk for each in message.members] == [1, 2]


NIGHT = Wishes(Severity.WARNING, 22 * 60, 6 * 60, "Asia/Tokyo")


@pytest.mark.parametrize(
    ("hour", "minute", "expected"),
    [(21, 59, False), (22, 0, True), (23, 30, True), (24, 0, True), (29, 59, True), (30, 0, False)],
)
def test_quiet_hours_cross_midnight_on_the_persons_clock(hour: int, minute: int, expected: bool) -> None:
    assert is_quiet(NIGHT, tokyo(2, hour, minute)) is expected


@pytest.mark.parametrize(
    ("wishes", "severity", "hour", "expected"),
    [
        (NIGHT, Severity.WARNING, 12, True),
        (NIGHT, Severity.INFO, 12, False),
        (NIGHT, Severity.WARNING, 23, False),
        (NIGHT, Severity.CRITICAL, 23, True),
        (NIGHT._replace(critical_breaks_quiet=False), Severity.CRITICAL, 23, False),
        (NIGHT._replace(least=Severity.CRITICAL), Severity.WARNING, 12, False),
        (NIGHT._replace(least=None), Severity.CRITICAL, 12, False),
        (NIGHT._replace(quiet_from=0, quiet_until=0), Severity.WARNING, 23, True),
        (NIGHT._replace(quiet_from=8 * 60, quiet_until=18 * 60), Severity.WARNING, 12, False),
        (NIGHT._replace(timezone="America/New_York"), Severity.WARNING, 23, True),
        (NIGHT._replace(timezone="America/New_York"), Severity.WARNING, 13, False),
    ],
)
def test_what_may_be_told_when(wishes: Wishes, severity: Severity, hour: int, expected: bool) -> None:
    assert may_tell(wishes, severity, tokyo(2, hour)) is expected


def test_role_and_reach_decide_who_hears() -> None:
    reaches = Reaches(
        [
            Reach(1, Duty.HQ), Reach(2, Duty.OWNER, store=7), Reach(3, Duty.AREA_MANAGER, area=5),
            Reach(4, Duty.OWNER, store=8), Reach(5, Duty.ANALYST),
        ]
    )  # fmt: skip
    place = Place(frozenset({7}), frozenset({5}))
    assert reaches.people_told(frozenset({Duty.HQ, Duty.OWNER, Duty.AREA_MANAGER}), place) == {1, 2, 3}
    assert reaches.people_told(frozenset({Duty.HQ, Duty.OWNER}), Place()) == {1}
    assert reaches.people_told(frozenset({Duty.ANALYST}), place) == {5}


def test_retries_come_later_and_later_and_end() -> None:
    assert [pause_after(n).total_seconds() for n in (1, 2, 3, 7, 40)] == [30, 60, 120, 1800, 1800]
    assert is_due(State.QUEUED, 0, None, AT)
    assert not is_due(State.FAILED, 1, AT, AT + timedelta(seconds=29))
    assert is_due(State.FAILED, 1, AT, AT + timedelta(seconds=30))
    assert not is_due(State.SENT, 1, AT, AT + timedelta(days=1))
    assert state_after_failure(1, is_final=True) is State.GIVEN_UP
    assert state_after_failure(MOST_ATTEMPTS, is_final=False) is State.GIVEN_UP
    assert state_after_failure(MOST_ATTEMPTS - 1, is_final=False) is State.FAILED


def test_claim_of_somebody_who_died_is_taken_over() -> None:
    assert not is_due(State.SENDING, 1, AT, AT + timedelta(minutes=1))
    assert is_due(State.SENDING, 1, AT, AT + timedelta(minutes=2))
