"""What schedules cannot say of a deployment, and only what applies to it, as sentences for whoever exports.

The sentences are English here; other languages through the caller's catalogue. Parameters that end in `_at`
are instants, those that end in `_usd` money.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from models_registry.domain.week_edges import WEEK_MINUTES, UsualWeek
from models_registry.domain.week_schedules import Exported
from stores.domain.control import Control

MINUTES_A_YEAR = Decimal(365 * 24 * 60)


def _(text: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return text


LIMITS: dict[str, str] = {
    "ENDLESS": _("It never closes in a usual week, so nothing recurs: start it once by hand."),
    "RUNNING_NOW": _(
        "It should be running now, and the first start is on %(first_at)s: until then start it yourself."
    ),
    "LEAD_FROZEN": _(
        "The lead before opening is frozen at %(minutes)s minutes; the portal’s own goes on learning. Each "
        "minute more costs %(minute_usd)s a month."
    ),
    "LEAD_FIXED": _(
        "The lead is %(minutes)s minutes instead of the %(learned)s learned: %(more_usd)s a month more than "
        "the portal’s own orders."
    ),
    "LEAD_SHORT": _(
        "The lead is %(minutes)s minutes, the learned one %(learned)s: openings may find the model not ready."
    ),
    "VERSION_FROZEN": _(
        "Each schedule names the ARN of %(version)s. After every training that goes live, export again; in "
        "CloudFormation, change one parameter."
    ),
    "LATER_WORDS": _(
        "What people say after this export is not followed: “open late tonight”, overrides, special days, "
        "hours, stores that come or go."
    ),
    "HORIZON": _("Special days and overrides are in it until %(until_at)s; after that the usual week holds."),
    "GUARDS": _("Guards of headquarters are in it until their end; lifting one earlier is not followed."),
    "BUDGETS": _("Budgets are not asked: AWS starts the model however much of the month is spent."),
    "CLOCKS": _(
        "Clock changes after that are not in it: %(count)s orders of the following year come at another "
        "instant than the plan’s, or not at all, the first around %(first_at)s."
    ),
    "ZONES": _(
        "Its stores live by %(count)s clocks. Where one changes and another does not, spans that overlap now "
        "may part after %(until_at)s."
    ),
    "START_ONLY": _("A store is start-only: nothing stops the model but an override of the deployment."),
    "STOP_ONLY": _("Hours that only stop-only stores need are not started."),
    "DRY_RUN": _("Stores in dry run have no voice in it."),
    "HANDS_OFF": _("Stores the portal keeps its hands off have no voice in it."),
    "AWS_ALONE": _("The portal keeps its hands off these stores: AWS alone starts and stops their model."),
    "BOTH_ORDER": _(
        "The portal goes on ordering too. AWS refuses the second of two equal orders (ResourceInUse), which "
        "is harmless; for AWS alone, set the stores to hands off."
    ),
    "NO_CHECK": _(
        "AWS sends the order and looks no further: not whether the model runs, not in which order %(quota)s "
        "running models are shared out. It tries again for at most %(minutes)s minutes."
    ),
    "PRECISION": _("AWS acts within the minute that begins at each time."),
    "NO_QUEUE": _(
        "Without a dead-letter queue an order that failed for good leaves no trace but CloudTrail’s."
    ),
    "PAST": _("AWS refuses dates that are over: put these in place before %(before_at)s, or export again."),
}


class Limit(NamedTuple):
    """A code of LIMITS and what to fill into its sentence."""

    code: str
    params: dict[str, Any]

    @property
    def template(self) -> str:
        """The English sentence with its gaps."""
        return LIMITS[self.code]


@dataclass(frozen=True, slots=True)
class Situation:
    """What the list is made from. `learned_minutes` is the portal's lead, `lead_minutes` that exported."""

    at: datetime
    until_at: datetime
    version: str
    controls: frozenset[Control]
    is_aws_alone: bool
    is_learned: bool
    lead_minutes: int
    learned_minutes: int
    unit_usd_per_hour: Decimal
    zones: int
    quota: int
    has_guards: bool
    has_budgets: bool
    has_queue: bool
    is_wanted_now: bool
    first_start_at: datetime | None
    first_date_at: datetime | None
    surprises: tuple[datetime, ...]


def limits(found: Exported, here: Situation) -> list[Limit]:
    """Return what the schedules cannot say, weightiest first."""
    return [*_now(found, here), *_lead(found.week, here), *_later(here), *_stores(here), *_aws(found, here)]


def _now(found: Exported, here: Situation) -> Iterator[Limit]:
    if found.week.is_endless:
        yield Limit("ENDLESS", {})
    elif here.is_wanted_now and here.first_start_at is not None:
        yield Limit("RUNNING_NOW", {"first_at": here.first_start_at})


def minute_usd_a_month(week: UsualWeek, usd_per_hour: Decimal) -> Decimal:
    """Return what one minute more before every start costs a month, in USD."""
    starts_a_month = len(week.starts) * MINUTES_A_YEAR / WEEK_MINUTES / 12
    return starts_a_month * usd_per_hour / 60


def _lead(week: UsualWeek, here: Situation) -> Iterator[Limit]:
    minute, more = minute_usd_a_month(week, here.unit_usd_per_hour), here.lead_minutes - here.learned_minutes
    if not here.is_learned or not week.starts:
        return
    said = {"minutes": here.lead_minutes, "learned": here.learned_minutes}
    if more > 0:
        yield Limit("LEAD_FIXED", {**said, "more_usd": more * minute})
    elif more < 0:
        yield Limit("LEAD_SHORT", said)
    else:
        yield Limit("LEAD_FROZEN", {**said, "minute_usd": minute})


def _later(here: Situation) -> Iterator[Limit]:
    yield Limit("VERSION_FROZEN", {"version": here.version})
    yield Limit("LATER_WORDS", {})
    yield Limit("HORIZON", {"until_at": here.until_at})
    if here.surprises:
        yield Limit("CLOCKS", {"count": len(here.surprises), "first_at": here.surprises[0]})
    if here.zones > 1:
        yield Limit("ZONES", {"count": here.zones, "until_at": here.until_at})
    if here.has_guards:
        yield Limit("GUARDS", {})
    if here.has_budgets:
        yield Limit("BUDGETS", {})


def _stores(here: Situation) -> Iterator[Limit]:
    for control in (Control.START_ONLY, Control.STOP_ONLY, Control.DRY_RUN):
        if control in here.controls:
            yield Limit(control.value, {})
    if Control.HANDS_OFF in here.controls:
        yield Limit("AWS_ALONE" if here.is_aws_alone else "HANDS_OFF", {})
    if not here.is_aws_alone:
        yield Limit("BOTH_ORDER", {})


def _aws(found: Exported, here: Situation) -> Iterator[Limit]:
    longest = max((each.retry_seconds for each in found.schedules), default=0)
    yield Limit("NO_CHECK", {"quota": here.quota, "minutes": longest // 60})
    yield Limit("PRECISION", {})
    if not here.has_queue:
        yield Limit("NO_QUEUE", {})
    if here.first_date_at is not None:
        yield Limit("PAST", {"before_at": here.first_date_at})
