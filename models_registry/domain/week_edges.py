"""When a deployment's model is to be started and stopped: as planned, and in a usual week.

The plan's windows (`domain.planning`) say when it must be ready; an edge is where an order falls due. A usual
week knows no special days, overrides and clock changes: it is what a cron expression can repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from models_registry.domain.overrides import OverrideKind, OverrideSpan
from models_registry.domain.planning import StoreNeed, StorePlan, deployment_windows, ready_windows
from models_registry.domain.schedules import Target
from stores.domain.control import ACTING_MODES, STARTING_MODES, STOPPING_MODES, Control
from stores.domain.intervals import Span
from stores.domain.localtime import DAY_MINUTES, DAY_SECONDS, EPOCH_ORDINAL, whole_day_offset

WEEK_MINUTES = 7 * DAY_MINUTES


class Edge(NamedTuple):
    """An order that falls due at a UTC second."""

    target: Target
    second: int


class UsualWeek(NamedTuple):
    """Edges of a usual week as (zone, minute of that zone's week). `is_endless`: it never closes."""

    starts: list[tuple[str, int]]
    stops: list[tuple[str, int]]
    is_endless: bool = False


class _Piece(NamedTuple):
    """A span in minutes of the main clock's week, and the zones its rims come from."""

    start: int
    end: int
    start_zone: str
    end_zone: str


def may_stop(plans: Iterable[StorePlan]) -> bool:
    """Tell whether the stores let the model be stopped at all."""
    modes = {plan.need.control for plan in plans if plan.need.control in ACTING_MODES}
    return Control.START_ONLY not in modes and bool(modes & STOPPING_MODES)


def planned_edges(
    plans: Sequence[StorePlan], overrides: Sequence[OverrideSpan], bounds: Span
) -> frozenset[Edge]:
    """Return what the plan orders inside `bounds`, rims excluded.

    A span that only stop-only stores need is not started; a start-only store keeps all but an override
    of the deployment from stopping the model.
    """
    low, high = bounds
    wanted = deployment_windows(plans, overrides, bounds)
    starters = [plan for plan in plans if plan.need.control in STARTING_MODES]
    startable = deployment_windows(starters, overrides, bounds)
    halts = {each.start for each in overrides if each.kind is OverrideKind.STOP}
    is_free = may_stop(plans)
    edges = set()
    for start, end in wanted:
        begun = next((max(start, each[0]) for each in startable if each[1] > start and each[0] < end), low)
        if low < begun < high:
            edges.add(Edge(Target.START, begun))
        if low < end < high and (is_free or end in halts):
            edges.add(Edge(Target.STOP, end))
    return frozenset(edges)


def usual_plans(plans: Iterable[StorePlan], bounds: Span) -> list[StorePlan]:
    """Return the plans as if there were no special days and no overrides."""
    found = []
    for plan in plans:
        need = plan.need._replace(rules=replace(plan.need.rules, special={}), overrides=())
        found.append(StorePlan(need, ready_windows(need, bounds)))
    return found


def usual_week(plans: Sequence[StorePlan], timezone: str, second: int) -> UsualWeek:
    """Return the edges of a usual week, clocks standing to each other as they do at `second`."""
    acting = [plan.need for plan in plans if plan.need.control in ACTING_MODES]
    wanted = _merged(_pieces(acting, timezone, second), timezone)
    if any(piece.end - piece.start >= WEEK_MINUTES for piece in wanted):
        return UsualWeek([], [], is_endless=True)
    starters = [need for need in acting if need.control in STARTING_MODES]
    startable = _merged(_pieces(starters, timezone, second), timezone)
    starts = []
    for piece in (piece for piece in wanted if 0 <= piece.start < WEEK_MINUTES):
        begun = next((each for each in startable if each.end > piece.start and each.start < piece.end), None)
        if begun is not None:
            first = max(piece, begun, key=lambda each: each.start)
            starts.append((first.start_zone, first.start))
    stops = [(piece.end_zone, piece.end) for piece in wanted if 0 <= piece.end < WEEK_MINUTES]

    def local(edges: list[tuple[str, int]]) -> list[tuple[str, int]]:
        return sorted(
            (name, (minute + _shift(name, timezone, second)) % WEEK_MINUTES) for name, minute in edges
        )

    return UsualWeek(local(starts), local(stops) if may_stop(plans) else [])


def _pieces(needs: Iterable[StoreNeed], timezone: str, second: int) -> Iterable[_Piece]:
    """Yield every opening with its buffers, in the week before, the week itself and the week after."""
    for need in needs:
        name = need.rules.timezone
        shift = _shift(name, timezone, second)
        for weekday, hours in enumerate(need.rules.weekly):
            for opens, closes in hours:
                start = weekday * DAY_MINUTES + opens - need.lead_minutes - shift
                end = weekday * DAY_MINUTES + closes + need.close_buffer_minutes - shift
                for week in (-WEEK_MINUTES, 0, WEEK_MINUTES):
                    yield _Piece(start + week, end + week, name, name)


def _merged(pieces: Iterable[_Piece], timezone: str) -> list[_Piece]:
    """Merge pieces that overlap or touch; where two rims are one, the main clock's is kept."""
    merged: list[_Piece] = []
    for piece in sorted(pieces, key=lambda each: (each.start, each.start_zone != timezone)):
        if not merged or piece.start > merged[-1].end:
            merged.append(piece)
            continue
        last = merged[-1]
        if piece.end > last.end or (piece.end == last.end and piece.end_zone == timezone):
            merged[-1] = last._replace(end=piece.end, end_zone=piece.end_zone)
    return merged


def _shift(name: str, timezone: str, second: int) -> int:
    """Return by how many minutes a zone's clock is ahead of the main one."""
    if name == timezone:
        return 0
    return (_offset(name, second) - _offset(timezone, second)) // 60


def _offset(name: str, second: int) -> int:
    """Return a zone's offset on the first day from `second` on that has but one."""
    ordinal = second // DAY_SECONDS + EPOCH_ORDINAL
    for day in range(ordinal, ordinal + 7):
        offset = whole_day_offset(name, day)
        if offset is not None:
            return offset
    return 0
