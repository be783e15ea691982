"""An explanation in sentences: what holds, what was wanted, what was done, what comes next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from models_registry.domain.reasons import Reason, sentence
from stores.domain.control import Control
from stores.domain.hours import clock_text
from stores.domain.sentences import Word

if TYPE_CHECKING:
    from models_registry.domain.explanation import Explanation, RunThen


class Statement(NamedTuple):
    """One thing to say: a topic (for an icon), an English template, and what goes into it."""

    topic: str
    text: str
    params: Mapping[str, Any]


def _(text: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is said."""
    return text


WEEKDAYS = (
    _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"),
)  # fmt: skip
SCOPES = {"store": _("this store"), "area": _("its area"), "all": _("every store")}
SPECIALS = {"CLOSED": _("closed"), "HOURS": _("own hours"), "AS_USUAL": _("open as usual")}
CONTROLS = {
    Control.START_ONLY: _("Control is start only: the portal lights the model, a person stops it."),
    Control.STOP_ONLY: _("Control is stop only: a person starts the model, the portal stops it."),
    Control.HANDS_OFF: _("Control is hands off: the portal never touches this store's model."),
    Control.DRY_RUN: _("Control is dry run: the portal decides and writes down, but orders nothing."),
}


def say(
    statement: Statement, *, translate: Callable[[str], str], show_instant: Callable[[datetime], str]
) -> str:
    """Return a statement in the reader's language, with instants as the reader is shown them."""

    def shown(value: Any) -> Any:
        if isinstance(value, datetime):
            return show_instant(value)
        if isinstance(value, Word):
            return translate(value)
        if isinstance(value, Reason):
            return sentence(value.code, value.params, translate=translate, show_instant=show_instant)
        return value

    filled = {key: shown(value) for key, value in statement.params.items()}
    return " ".join((translate(statement.text) % filled).split())


def statements_of(facts: Explanation) -> list[Statement]:
    """Return what there is to say of an explanation, in order."""
    return [
        *_hours(facts), *_override(facts), *_buffers(facts), *_need(facts), *_wish(facts),
        *_decision(facts), *_run(facts), *_next(facts),
    ]  # fmt: skip


def _hours(facts: Explanation) -> Iterator[Statement]:
    text = _("%(store)s is open at %(at)s.") if facts.is_open else _("%(store)s is closed at %(at)s.")
    yield Statement("clock", text, {"store": facts.store_name, "at": facts.at})
    rule = facts.rule
    said = {"weekday": _weekday(rule.on), "on": rule.on.isoformat(), "hours": _hours_text(rule.hours)}
    if not rule.special:
        text = (
            _("The weekly hours for %(weekday)s are %(hours)s.")
            if rule.hours
            else _("The weekly hours leave %(weekday)s closed.")
        )
        yield Statement("rule", text, said)
        return
    said |= {"what": Word(SPECIALS[rule.special]), "scope": Word(SCOPES[rule.scope or "store"])}
    text = _("A special day holds on %(on)s for %(scope)s: %(what)s %(hours)s.")
    if rule.special == "CLOSED":
        text = _("A special day holds on %(on)s for %(scope)s: %(what)s.")
    yield Statement("special", text, said)
    if rule.author:
        yield Statement("person", _("It was entered by %(author)s. %(note)s"),
                        {"author": rule.author, "note": rule.note})  # fmt: skip
    elif rule.note:
        yield Statement("person", _("Its note says: %(note)s"), {"note": rule.note})


def _override(facts: Explanation) -> Iterator[Statement]:
    if (held := facts.override) is None:
        return
    params = {"author": held.author or "–", "from": held.starts_at, "until": held.ends_at, "why": held.why}
    if held.kind == "RUN":
        text = _("An override by %(author)s keeps the model running from %(from)s until %(until)s. %(why)s")
    else:
        text = _("An override by %(author)s keeps the model stopped from %(from)s until %(until)s. %(why)s")
    yield Statement("override", text, params)


def _buffers(facts: Explanation) -> Iterator[Statement]:
    lead = facts.lead
    params = {
        "lead": lead.minutes,
        "tail": facts.close_buffer_minutes,
        "fixed": lead.fixed_minutes,
        "starts": lead.observations,
    }
    text = _(
        "A start is ordered %(lead)s minutes before opening, the store's fixed lead, "
        "and the model is kept %(tail)s minutes after closing."
    )
    if lead.is_learned:
        text = _(
            "A start is ordered %(lead)s minutes before opening, learned from the last %(starts)s starts "
            "(the fixed lead would be %(fixed)s), and the model is kept %(tail)s minutes after closing."
        )
    yield Statement("lead", text, params)


def _need(facts: Explanation) -> Iterator[Statement]:
    params = {"from": facts.needed_from, "until": facts.needed_until}
    if facts.is_needed:
        yield Statement("yes", _("So the store needs its model, from %(from)s until %(until)s."), params)
    else:
        yield Statement("no", _("So the store does not need its model then."), {})
    if text := CONTROLS.get(Control(facts.control)):
        yield Statement("control", text, {})


def _wish(facts: Explanation) -> Iterator[Statement]:
    if not facts.deployment:
        yield Statement(
            "deployment", _("No deployment serves this store, so no model is ever started for it."), {}
        )
        return
    params = {
        "deployment": facts.deployment,
        "version": facts.version or "–",
        "count": facts.deployment_stores,
    }
    text = _("It is served by the deployment “%(deployment)s” with the version %(version)s.")
    if facts.deployment_stores > 1:
        text = _(
            "It is served by the deployment “%(deployment)s” with the version %(version)s, "
            "shared by %(count)s stores."
        )
    yield Statement("deployment", text, params)
    text = (
        _("The model is wanted. %(because)s")
        if facts.is_wanted
        else _("The model is not wanted. %(because)s")
    )
    yield Statement("wish", text, {"because": facts.wish or ""})


def _decision(facts: Explanation) -> Iterator[Statement]:
    if facts.is_ahead:
        yield Statement("ahead", _("The portal has not looked at this instant yet: this is the plan."), {})
        return
    made = facts.decision
    if made is None:
        if facts.deployment:
            yield Statement("decision", _("No decision had been written down by then."), {})
        return
    params = {"at": made.at, "observed": made.observed or "–", "decision": Reason(made.code, made.params)}
    text = _("Decision in force, since %(at)s: %(decision)s AWS said %(observed)s.")
    yield Statement("decision", text, params)
    if made.outcome and made.outcome != "done":
        params = {"code": made.outcome, "message": made.outcome_message}
        yield Statement("refused", _("AWS did not carry out the order (%(code)s): %(message)s"), params)
    if made.is_wanted != facts.is_wanted:
        text = _("What was wanted then differs from what today's rules say: they were changed since.")
        yield Statement("changed", text, {})


def _run(facts: Explanation) -> Iterator[Statement]:
    if (run := facts.run) is None:
        if not facts.is_ahead and facts.deployment:
            yield Statement("norun", _("No run covers this instant: nothing was billed."), {})
        return
    if run.is_outside:
        yield Statement("outside", _("It was started outside the portal and first seen at %(at)s."),
                        {"at": run.requested_at})  # fmt: skip
    else:
        yield Statement("run", _("The start was ordered at %(at)s."), {"at": run.requested_at})
    yield from _run_course(run)
    if run.error_message:
        yield Statement("refused", _("AWS answered: %(message)s"), {"message": run.error_message})


def _run_course(run: RunThen) -> Iterator[Statement]:
    if run.running_at:
        yield Statement("run", _("It was ready at %(at)s."), {"at": run.running_at})
    elif run.ended_at is None:
        yield Statement("run", _("AWS has not reported it ready yet."), {})
    if run.stopping_at:
        yield Statement("run", _("The stop took effect at %(at)s."), {"at": run.stopping_at})


def _next(facts: Explanation) -> Iterator[Statement]:
    if facts.next_change_at is None:
        yield Statement("next", _("Nothing changes for this store in the eight days after."), {})
        return
    text = (
        _("Next change: needed from %(at)s.")
        if facts.next_is_start
        else _("Next change: needed until %(at)s.")
    )
    yield Statement("next", text, {"at": facts.next_change_at})


def _weekday(on: date) -> Word:
    return Word(WEEKDAYS[on.weekday()])


def _hours_text(hours: tuple[tuple[int, int], ...]) -> str:
    return ", ".join(f"{clock_text(opens)}–{clock_text(closes)}" for opens, closes in hours)
