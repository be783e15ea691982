"""When one audience is told of one group of alerts: once for all that began together, again until somebody
takes it on, and when it is over.

What began within `SETTLING` of each other is one message. Who joins later waits until `PAUSE` after the last
message of the group. The end is told when nothing of the group stands any more, or once it is `PAUSE` old.
Everything follows from what was told before, so a sweep that is missed or doubled changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

SETTLING = timedelta(seconds=30)
PAUSE = timedelta(minutes=5)
STALE = timedelta(days=1)
"""An end that could not be told for this long (quiet hours, a broken channel) is not told any more."""


class Event(StrEnum):
    """What a message is about."""

    BEGAN = "BEGAN"
    NAG = "NAG"
    OVER = "OVER"
    TEST = "TEST"
    DIGEST = "DIGEST"


class Member(NamedTuple):
    """An alert of the group as one audience knows it. `is_silent`: acknowledged, or snoozed."""

    pk: int
    began_at: datetime
    ended_at: datetime | None
    nag: timedelta
    is_silent: bool = False
    told_at: datetime | None = None
    is_end_told: bool = False


class Message(NamedTuple):
    """What to say now, of which alerts."""

    event: Event
    members: tuple[Member, ...]


def message_due(members: Iterable[Member], *, at: datetime) -> Message | None:
    """Return the message that is due for an audience about a group, or None."""
    members = list(members)
    standing = [each for each in members if each.ended_at is None and not each.is_silent]
    last = max((each.told_at for each in members if each.told_at), default=None)
    new = [each for each in standing if each.told_at is None]
    if new and _has_settled(new, at) and (last is None or last + PAUSE <= at):
        return Message(Event.BEGAN, tuple(new))
    told = [each for each in standing if each.told_at is not None]
    if any(each.told_at is not None and each.told_at + each.nag <= at for each in told):
        return Message(Event.NAG, tuple(told))
    over = [each for each in members if _is_end_untold(each, at)]
    stands = any(each.ended_at is None for each in members)
    if over and (not stands or any(each.ended_at and each.ended_at + PAUSE <= at for each in over)):
        return Message(Event.OVER, tuple(over))
    return None


def _has_settled(new: Iterable[Member], at: datetime) -> bool:
    return min(each.began_at for each in new) + SETTLING <= at


def _is_end_untold(member: Member, at: datetime) -> bool:
    ended = member.ended_at
    return (
        ended is not None
        and member.told_at is not None
        and not member.is_end_told
        and ended + SETTLING <= at <= ended + STALE
    )
