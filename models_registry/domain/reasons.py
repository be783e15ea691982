"""The sentences behind the codes: English here, other languages through the caller's `translate`.

A reason is stored as a code and parameters, so that a store manager reads it in their own language and in
the store's own time, however old it is. Parameters that end in `_at` are ISO instants in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from models_registry.domain.lifecycle import Code, Problem
from models_registry.domain.overrides import OverrideSpan
from models_registry.domain.planning import Cause, StorePlan, Wish
from stores.domain.hours import WEEKDAYS, OpenDay, StoreRules, clock_text
from stores.domain.localtime import from_seconds

Translate = Callable[[str], str]
ShowInstant = Callable[[datetime], str]


def _(text: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return text


class Reason(NamedTuple):
    """A code and what to fill into its sentence; plain JSON values only."""

    code: str
    params: dict[str, Any]


WISH_SENTENCES: Mapping[str, str] = {
    "HOURS": _("%(store)s is open %(weekday)s %(opens)s–%(closes)s."),
    "SPECIAL_DAY": _("%(store)s has special hours on %(on)s: %(opens)s–%(closes)s %(note)s"),
    "OVERRIDE_RUN": _("%(author)s asked it to run until %(until_at)s. %(why)s"),
    "OVERRIDE_STOP": _("%(author)s asked to keep it stopped until %(until_at)s. %(why)s"),
    "GUARD_RUN": _("Headquarters (%(author)s) keeps it from being stopped until %(until_at)s: %(why)s"),
    "GUARD_STOP": _("Headquarters (%(author)s) keeps it from being started until %(until_at)s: %(why)s"),
    "CLOSED_UNTIL": _("Nobody needs it now. The next start is planned for %(next_at)s."),
    "CLOSED": _("Nobody needs it in the next eight days."),
    "NO_HOURS": _("None of its stores has opening hours, so it never starts."),
    "NO_STORES": _("No store uses this deployment."),
    "OUTSIDE": _("Somebody started it outside the portal."),
    "OUTSIDE_STOP": _("Somebody stopped it outside the portal."),
    "SUPERSEDED": _("Another version is live now."),
    "PROMOTION": _("A new version is taking over."),
    "TRIAL": _("A version is tried on stored photos."),
    "TRIAL_OVER": _("The trial on stored photos is over."),
    "ORPHAN_STOP": _("A person asked to stop this model, which belongs to no deployment."),
}

DECISION_SENTENCES: Mapping[str, str] = {
    Code.START: _("Start it."),
    Code.STOP: _("Stop it."),
    Code.AS_WANTED_RUNNING: _("Running, as planned."),
    Code.AS_WANTED_OFF: _("Off, as planned."),
    Code.STARTING: _("Starting; AWS takes up to 30 minutes."),
    Code.STARTING_UNWANTED: _("Starting, but no longer needed: it will be stopped as soon as it runs."),
    Code.STOPPING: _("Stopping, as planned."),
    Code.STOPPING_WANTED: _("Still stopping; it will be started again as soon as it has stopped."),
    Code.ORDERED: _("Ordered; waiting for AWS to show it."),
    Code.RETRY_LATER: _("AWS refused the last order; trying again in a moment."),
    Code.QUOTA: _("Waiting: AWS allows %(limit)s running models here and %(running)s are in use."),
    Code.DRY_RUN_START: _("Dry run: it would be started now."),
    Code.DRY_RUN_STOP: _("Dry run: it would be stopped now."),
    Code.MAY_NOT_START: _("Needed, but the stores that need it are stop-only: a person must start it."),
    Code.MAY_NOT_STOP: _("Not needed, but a store is start-only or hands-off: a person must stop it."),
    Code.UNKNOWN: _("AWS has not told its state lately; the last known one is kept and nothing is ordered."),
    Code.GONE: _("The model version no longer exists in AWS."),
    Code.UNUSABLE: _("AWS says %(status)s: this version cannot be started."),
    Code.NOT_TRAINED: _("AWS says %(status)s: it can be started when that has ended."),
}

PROBLEM_SENTENCES: Mapping[str, str] = {
    Problem.NOT_READY: _("Open, but the model is not ready."),
    Problem.STUCK_STARTING: _("Starting for more than 35 minutes."),
    Problem.STUCK_STOPPING: _("Stopping for more than 35 minutes."),
    Problem.START_FAILED: _("AWS could not start it; it is tried again."),
    Problem.QUOTA: _("Waiting for a free slot: the account's quota of running models is used up."),
    Problem.STRAY: _("Running although nobody needs it."),
    Problem.UNKNOWN: _("AWS does not answer; the state shown is the last one known."),
    Problem.GONE: _("The live version was deleted in AWS."),
    Problem.UNUSABLE: _("The live version cannot be started."),
    Problem.ORPHAN: _("Running, but it belongs to no deployment."),
    Problem.ACCESS_DENIED: _("AWS denies access: check the connection's permissions."),
    "METER_DIFFERS": _("The ledger bills %(billed)s unit minutes, and CloudWatch counted %(metered)s."),
    "SIGNS_REFUSED": _("CloudWatch takes no signs of life: %(message)s"),
}

SENTENCES: Mapping[str, str] = {**WISH_SENTENCES, **DECISION_SENTENCES, **PROBLEM_SENTENCES}


def sentence(
    code: str,
    params: Mapping[str, Any],
    *,
    translate: Translate = lambda text: text,
    show_instant: ShowInstant = lambda at: at.isoformat(),
) -> str:
    """Return a reason as a sentence; `show_instant` writes instants in the reader's zone."""
    template = SENTENCES.get(code)
    if template is None:
        return code
    filled = dict(params)
    for key, value in params.items():
        if key.endswith("_at") and value:
            filled[key] = show_instant(datetime.fromisoformat(value))
        elif key == "weekday":
            filled[key] = translate(value)
    return (translate(template) % _Filled(filled)).strip()


class _Filled(dict[str, Any]):
    """Parameters that are missing in an old row show as a dash instead of breaking the page."""

    def __missing__(self, key: str) -> str:
        return "–"


def why_wanted(cause: Cause, store_code: str, rules: StoreRules | None) -> Reason:
    """Name the cause of a window: an opening, a special day's hours, or an override."""
    if isinstance(cause, OverrideSpan):
        code = f"{'GUARD' if cause.is_guard else 'OVERRIDE'}_{cause.kind.value}"
        until_at = from_seconds(cause.end).isoformat()
        return Reason(
            code, {"store": store_code, "author": cause.author, "why": cause.why, "until_at": until_at}
        )
    return why_open(cause, store_code, rules)


def why_wished(plans: Sequence[StorePlan], wish: Wish) -> Reason:
    """Name why a deployment is wanted, or why not and until when."""
    if wish.cause is not None:
        rules = {each.need.code: each.need.rules for each in plans}
        return why_wanted(wish.cause, wish.store_code, rules.get(wish.store_code))
    if not plans:
        return Reason("NO_STORES", {})
    if wish.next_start is not None:
        return Reason("CLOSED_UNTIL", {"next_at": from_seconds(wish.next_start).isoformat()})
    return Reason("CLOSED" if any(each.need.rules.has_hours for each in plans) else "NO_HOURS", {})


def why_open(day: OpenDay, store_code: str, rules: StoreRules | None) -> Reason:
    """Name an opening by its weekday, or by its date where a special day set the hours."""
    on = date.fromordinal(day.ordinal)
    params: dict[str, Any] = {
        "store": store_code, "on": on.isoformat(), "weekday": WEEKDAYS[on.weekday()],
        "opens": clock_text(day.opens), "closes": clock_text(day.closes),
    }  # fmt: skip
    special = rules.special.get(on) if rules else None
    if special is not None and special.hours:
        return Reason("SPECIAL_DAY", {**params, "note": special.note})
    return Reason("HOURS", params)
