"""From a store's rules to the windows its model must be ready, and from stores to a deployment's wish.

A window reaches from the lead before an opening to the closing buffer after it. The lead is the time a
start is given: the store's fixed minutes, or what the deployment has learned from its own starts
(`domain.lead`). Windows merge where they touch. All spans are UTC seconds; a window keeps what it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from models_registry.domain.overrides import OverrideKind, OverrideSpan
from stores.domain.control import ACTING_MODES, STARTING_MODES, STOPPING_MODES, Control
from stores.domain.hours import OpenDay, StoreRules, open_days, ordinals_around
from stores.domain.intervals import Span, subtract, union

SLOWEST_START_SECONDS = 30 * 60
"""Nobody expects a model sooner than this after asking for it: AWS, "can take up to 30 minutes"."""

Cause = OpenDay | OverrideSpan
"""Why a window exists: an opening of the store, or somebody's override."""


class Window(NamedTuple):
    """A span in which the model must be ready, and its causes in order of time."""

    start: int
    end: int
    causes: tuple[Cause, ...]


class StoreNeed(NamedTuple):
    """All that decides when one store needs its model."""

    pk: int
    code: str
    rules: StoreRules
    lead_minutes: int
    close_buffer_minutes: int
    control: Control = Control.AUTOMATIC
    overrides: tuple[OverrideSpan, ...] = ()


def ready_windows(need: StoreNeed, bounds: Span) -> list[Window]:
    """Return the windows within `bounds` in which the store's model must be ready; sorted, disjoint.

    Cost: about 2 µs an opening, no I/O.
    """
    low, high = bounds
    lead, tail = need.lead_minutes * 60, need.close_buffer_minutes * 60
    windows: list[Window] = []
    last_start = last_end = low
    for day in open_days(need.rules, *ordinals_around(bounds)):
        start, end = day.start - lead, day.end + tail
        if end <= low or start >= high:
            continue
        if windows and start <= last_end:
            last_end = max(last_end, min(end, high))
            windows[-1] = Window(last_start, last_end, (*windows[-1].causes, day))
        else:
            last_start, last_end = max(start, low), min(end, high)
            windows.append(Window(last_start, last_end, (day,)))
    if need.overrides:
        return apply_overrides(windows, need.overrides, bounds)
    return windows


def apply_overrides(
    windows: Sequence[Window], overrides: Iterable[OverrideSpan], bounds: Span
) -> list[Window]:
    """Return the windows with RUN spans added and STOP spans cut out.

    A guard wins over an override, and between two of a kind the newest.
    """
    low, high = bounds
    for override in sorted(overrides, key=lambda each: each.rank):
        span = (max(override.start, low), min(override.end, high))
        if span[0] >= span[1]:
            continue
        if override.kind is OverrideKind.RUN:
            windows = _merge([*windows, Window(span[0], span[1], (override,))])
        else:
            windows = [
                Window(start, end, window.causes)
                for window in windows
                for start, end in subtract([(window.start, window.end)], [span])
            ]
    return list(windows)


def _merge(windows: Iterable[Window]) -> list[Window]:
    merged: list[Window] = []
    for window in sorted(windows, key=lambda each: each[:2]):
        if merged and window.start <= merged[-1].end:
            last = merged[-1]
            merged[-1] = Window(last.start, max(last.end, window.end), last.causes + window.causes)
        else:
            merged.append(window)
    return merged


class StorePlan(NamedTuple):
    """A store's need with its windows worked out."""

    need: StoreNeed
    windows: list[Window]


class Wish(NamedTuple):
    """What the stores of a deployment want of its model at one instant.

    `cause` and `store_code` explain it; `opens_at` is the opening that the present or next window serves
    (it orders starts when quota is short), `next_change` the next instant at which anything may differ;
    both UTC seconds, None when nothing lies within the horizon.
    """

    is_wanted: bool
    may_start: bool
    may_stop: bool
    is_dry_run: bool
    cause: Cause | None
    store_code: str
    opens_at: int | None
    next_change: int | None
    next_start: int | None


def deployment_wish(plans: Sequence[StorePlan], overrides: Sequence[OverrideSpan], second: int) -> Wish:
    """Return what a deployment's model should do at `second`.

    Stores that are HANDS_OFF have no voice. When every store that has one is in DRY_RUN the wish is worked
    out and marked, never acted on; beside acting stores a DRY_RUN store has no voice either. A START_ONLY
    store keeps the portal from stopping the model it shares. An override of the deployment itself beats
    every store, and may always start and stop unless there is nothing but HANDS_OFF and DRY_RUN. A store's
    guard that it never stops beats such an override; only a guard of the deployment beats that.
    """
    acting = [plan for plan in plans if plan.need.control in ACTING_MODES]
    voices = acting or [plan for plan in plans if plan.need.control is Control.DRY_RUN]
    needing = [
        (plan, window) for plan in voices for window in plan.windows if window.start <= second < window.end
    ]
    own = _override_at(overrides, second)
    starters = [plan for plan, _ in needing if plan.need.control in STARTING_MODES]
    stoppable = not any(plan.need.control is Control.START_ONLY for plan in acting)
    may_stop = stoppable and any(plan.need.control in STOPPING_MODES for plan in acting)
    is_wanted, may_start = bool(needing), bool(starters)
    cause, code = _cause_at(needing, voices, second)
    if own is not None and not _is_guarded(own, voices, second):
        is_wanted, cause, code = own.kind is OverrideKind.RUN, own, ""
        may_start, may_stop = bool(acting), bool(acting)
    upcoming = [window for plan in voices for window in plan.windows if window.start > second]
    return Wish(
        is_wanted=is_wanted,
        may_start=may_start,
        may_stop=may_stop,
        is_dry_run=bool(voices) and not acting,
        cause=cause,
        store_code=code,
        opens_at=_opening([window for _, window in needing] or upcoming),
        next_change=_next_change(plans, overrides, second),
        next_start=min((window.start for window in upcoming), default=None),
    )


def _override_at(overrides: Iterable[OverrideSpan], second: int) -> OverrideSpan | None:
    live = [each for each in overrides if each.start <= second < each.end]
    return max(live, key=lambda each: each.rank, default=None)


def _is_guarded(override: OverrideSpan, voices: Sequence[StorePlan], second: int) -> bool:
    """Tell whether headquarters keeps a store's model running against an override of the deployment."""
    if override.is_guard or override.kind is OverrideKind.RUN:
        return False
    return any(_is_kept(plan, second) for plan in voices)


def _cause_at(
    needing: Sequence[tuple[StorePlan, Window]], voices: Sequence[StorePlan], second: int
) -> tuple[Cause | None, str]:
    """Name the cause that lasts longest, or the override that keeps a store's model stopped."""
    if needing:
        plan, window = max(needing, key=lambda pair: (_is_kept(pair[0], second), pair[1].end))
        return cause_of(window, plan.need, second), plan.need.code
    for plan in voices:
        stop = _override_at(plan.need.overrides, second)
        if stop is not None and stop.kind is OverrideKind.STOP:
            return stop, plan.need.code
    return None, ""


def _is_kept(plan: StorePlan, second: int) -> bool:
    """Tell whether a guard keeps the store's model running: the strongest cause there is."""
    held = _override_at(plan.need.overrides, second)
    return held is not None and held.is_guard and held.kind is OverrideKind.RUN


def cause_of(window: Window, need: StoreNeed, second: int) -> Cause:
    """Return which of a window's causes holds at `second`: a guard, else the last where buffers overlap."""
    held = _override_at(need.overrides, second)
    if held is not None and held.is_guard and held.kind is OverrideKind.RUN:
        return held
    lead, tail = need.lead_minutes * 60, need.close_buffer_minutes * 60
    for cause in reversed(window.causes):
        start, end = cause.start, cause.end
        if isinstance(cause, OpenDay):
            start, end = start - lead, end + tail
        if start <= second < end:
            return cause
    return window.causes[0]


def _opening(windows: Sequence[Window]) -> int | None:
    """Return the earliest instant at which customers come: an opening, or a start after an override."""
    return min((_awaited(window.causes[0]) for window in windows), default=None)


def _awaited(cause: Cause) -> int:
    return cause.start if isinstance(cause, OpenDay) else cause.start + SLOWEST_START_SECONDS


def _next_change(plans: Iterable[StorePlan], overrides: Iterable[OverrideSpan], second: int) -> int | None:
    edges = [edge for plan in plans for window in plan.windows for edge in window[:2]]
    edges += [edge for each in overrides for edge in (each.start, each.end)]
    edges += [edge for plan in plans for each in plan.need.overrides for edge in (each.start, each.end)]
    return min((edge for edge in edges if edge > second), default=None)


def deployment_windows(
    plans: Sequence[StorePlan], overrides: Sequence[OverrideSpan], bounds: Span
) -> list[Span]:
    """Return the spans within `bounds` in which a deployment's model is wanted."""
    acting = [plan for plan in plans if plan.need.control in ACTING_MODES]
    voices = acting or [plan for plan in plans if plan.need.control is Control.DRY_RUN]
    windows = [Window(*span, ()) for span in union(window[:2] for plan in voices for window in plan.windows)]
    said = [each for each in overrides if not each.is_guard]
    windows = apply_overrides(windows, said, bounds)
    windows = apply_overrides(windows, _never_stopped(voices), bounds)
    guards = [each for each in overrides if each.is_guard]
    return [window[:2] for window in apply_overrides(windows, guards, bounds)]


def _never_stopped(plans: Iterable[StorePlan]) -> Iterator[OverrideSpan]:
    """Yield, for each store under guards, when these keep the model running."""
    for plan in plans:
        guards = [each for each in plan.need.overrides if each.is_guard]
        if not guards:
            continue
        reach = min(each.start for each in guards), max(each.end for each in guards)
        for window in apply_overrides([], guards, reach):
            yield OverrideSpan(window.start, window.end, OverrideKind.RUN, 0)
