"""Why a store's model was on or off at one instant: the facts, as data.

`domain.telling` turns them into sentences. The plan part (rule, lead, need) is worked out with today's
rules; `decision` and `run` are what was written down then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from models_registry.domain import telling
from models_registry.domain.reasons import Reason
from portal.base.instants import plain_instant
from stores.domain.hours import DayHours, clock_text
from stores.domain.localtime import zone

Translate = Callable[[str], str]
ShowInstant = Callable[[datetime], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """The opening rule in force: the weekly hours of a local date, or the special day that replaced them.

    `special` is empty for weekly hours, else CLOSED, HOURS or AS_USUAL; `scope` is store, area or all.
    """

    on: date
    hours: DayHours
    special: str = ""
    scope: str = ""
    note: str = ""
    author: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Lead:
    """How long before opening a start is ordered, and where the figure comes from."""

    minutes: int
    is_learned: bool
    observations: int
    fixed_minutes: int


@dataclass(frozen=True, slots=True)
class OverrideThen:
    """The override in force: whose word, RUN or STOP, and until when."""

    kind: str
    author: str
    why: str
    starts_at: datetime
    ends_at: datetime
    is_for_deployment: bool


@dataclass(frozen=True, slots=True)
class DecisionThen:
    """The decision in force: the last one written down at or before the instant."""

    at: datetime
    is_wanted: bool
    observed: str
    action: str
    code: str
    params: dict[str, Any]
    outcome: str
    outcome_message: str


@dataclass(frozen=True, slots=True)
class RunThen:
    """The run that covers the instant, with AWS's answers as instants of AWS's own clock."""

    units: int
    is_outside: bool
    requested_at: datetime
    accepted_at: datetime | None
    running_at: datetime | None
    stop_requested_at: datetime | None
    stopping_at: datetime | None
    ended_at: datetime | None
    outcome: str
    error_message: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that says why. `looked_until` is the portal's last look; later instants are only planned."""

    store: str
    store_name: str
    timezone: str
    at: datetime
    looked_until: datetime | None
    control: str
    rule: Rule
    is_open: bool
    lead: Lead
    close_buffer_minutes: int
    override: OverrideThen | None
    is_needed: bool
    needed_from: datetime | None
    needed_until: datetime | None
    is_wanted: bool
    wish: Reason | None
    deployment: str
    deployment_stores: int
    version: str
    version_arn: str
    decision: DecisionThen | None
    run: RunThen | None
    next_change_at: datetime | None
    next_is_start: bool

    @property
    def is_ahead(self) -> bool:
        """Tell whether the instant lies after the portal's last look, so that there is only a plan."""
        return self.looked_until is None or self.at > self.looked_until

    def local(self, at: datetime) -> datetime:
        """Return an instant on the store's clock."""
        return at.astimezone(zone(self.timezone))

    def statements(self) -> list[telling.Statement]:
        """Return what there is to say, in order, each with its topic; not yet in any language."""
        return telling.statements_of(self)

    def sentences(
        self, *, translate: Translate = lambda text: text, show_instant: ShowInstant | None = None
    ) -> list[str]:
        """Return the explanation as sentences; in English, with plain store-local instants, if not told."""
        show = show_instant or (lambda at: plain_instant(self.local(at)))
        return [telling.say(each, translate=translate, show_instant=show) for each in self.statements()]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; instants in ISO 8601 with the store's offset, AWS's words as they are."""
        return {
            "store": {"code": self.store, "name": self.store_name, "timezone": self.timezone,
                      "control": self.control},
            "at": self._iso(self.at),
            "looked_until": self._iso(self.looked_until),
            "is_ahead": self.is_ahead,
            "is_open": self.is_open,
            "rule": self._rule(),
            "lead": {"minutes": self.lead.minutes, "is_learned": self.lead.is_learned,
                     "observations": self.lead.observations, "fixed_minutes": self.lead.fixed_minutes},
            "close_buffer_minutes": self.close_buffer_minutes,
            "override": self._fields(self.override),
            "is_needed": self.is_needed,
            "needed_from": self._iso(self.needed_from),
            "needed_until": self._iso(self.needed_until),
            "is_wanted": self.is_wanted,
            "because": {"code": self.wish.code, "params": self.wish.params} if self.wish else None,
            "deployment": {"name": self.deployment, "stores": self.deployment_stores}
            if self.deployment else None,
            "version": {"name": self.version, "arn": self.version_arn} if self.version else None,
            "decision": self._fields(self.decision),
            "run": self._fields(self.run),
            "next_change": {"at": self._iso(self.next_change_at), "is_start": self.next_is_start}
            if self.next_change_at else None,
            "sentences": self.sentences(),
        }  # fmt: skip

    def _rule(self) -> dict[str, Any]:
        hours = [f"{clock_text(opens)}–{clock_text(closes)}" for opens, closes in self.rule.hours]
        return {
            "kind": "SPECIAL_DAY" if self.rule.special else "WEEKLY_HOURS", "on": self.rule.on.isoformat(),
            "hours": hours, "special": self.rule.special, "scope": self.rule.scope, "note": self.rule.note,
            "author": self.rule.author, "source": self.rule.source,
        }  # fmt: skip

    def _fields(self, part: OverrideThen | DecisionThen | RunThen | None) -> dict[str, Any] | None:
        if part is None:
            return None
        values = {name: getattr(part, name) for name in part.__dataclass_fields__}
        return {
            key: self._iso(value) if isinstance(value, datetime) else value for key, value in values.items()
        }

    def _iso(self, at: datetime | None) -> str | None:
        return self.local(at).isoformat() if at else None
