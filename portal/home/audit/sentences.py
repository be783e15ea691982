"""One sentence for each entry: who did what to which, from what to what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from portal.base.models import AuditEntry
from portal.home.audit.words import Names, actor_word, field_word, kind_word, value_word

SEPARATOR = " · "
Operation = AuditEntry.Operation


@dataclass(frozen=True, slots=True)
class Telling:
    """An entry with everything needed to put it in words."""

    entry: AuditEntry
    names: Names
    timezone: str
    now: datetime

    def before(self, column: str) -> str:
        """Return a column's value before."""
        return self._value(self.entry.before, column)

    def after(self, column: str) -> str:
        """Return a column's value after; for a row that is gone, the last it had."""
        held = self.entry.after if self.entry.after is not None else self.entry.before
        return self._value(held, column)

    def _value(self, held: dict[str, Any] | None, column: str) -> str:
        value = (held or {}).get(column)
        return value_word(self.entry.kind, column, value, self.names, timezone=self.timezone, now=self.now)

    @property
    def changed(self) -> list[str]:
        """The columns whose value differs, in alphabetical order; all of a row that was made or deleted."""
        before, after = self.entry.before or {}, self.entry.after or {}
        if self.entry.operation != Operation.UPDATE:
            return sorted(before or after)
        return sorted(
            column for column in after if column not in before or before[column] != after[column]
            or after[column] == "•••"
        )  # fmt: skip

    @property
    def parts(self) -> tuple[str, str]:
        """The first part of the subject, and the rest; the rest is the whole franchise if there is none."""
        first, _, rest = self.entry.subject.partition(SEPARATOR)
        return first, rest or gettext("the whole franchise")


def sentence_of(telling: Telling) -> str:
    """Return the entry as a sentence."""
    entry = telling.entry
    own = SENTENCES.get((entry.kind, entry.operation))
    text = own(telling) if own else ""
    return (text or _in_general(telling)) % {"who": actor_word(entry)}


def _fill(text: str, **said: str) -> str:
    """Fill a sentence but for `who`, whatever stands in the names."""
    return text % {"who": "%(who)s", **{name: value.replace("%", "%%") for name, value in said.items()}}


def _in_general(telling: Telling) -> str:
    entry, changed = telling.entry, telling.changed
    said = {"kind": kind_word(entry.kind), "what": entry.subject or f"#{entry.object_key}"}
    if entry.operation == Operation.INSERT:
        return _fill(gettext("%(who)s made the %(kind)s %(what)s."), **said)
    if entry.operation == Operation.DELETE:
        return _fill(gettext("%(who)s deleted the %(kind)s %(what)s."), **said)
    fields = ", ".join(field_word(entry.kind, column) for column in changed)
    if len(changed) == 1 and telling.after(changed[0]) != "•••":
        both = {"before": telling.before(changed[0]), "after": telling.after(changed[0])}
        text = gettext("%(who)s changed %(fields)s of the %(kind)s %(what)s from %(before)s to %(after)s.")
        return _fill(text, fields=fields, **said, **both)
    return _fill(gettext("%(who)s changed %(fields)s of the %(kind)s %(what)s."), fields=fields, **said)


def _hours(telling: Telling) -> str:
    entry = telling.entry
    span = f"{telling.after('opens_minute')}–{telling.after('closes_minute')}"
    said = {"store": entry.subject, "day": telling.after("weekday"), "span": span}
    if entry.operation == Operation.INSERT:
        return _fill(gettext("%(who)s opened %(store)s on %(day)s, %(span)s."), **said)
    if entry.operation == Operation.DELETE:
        return _fill(gettext("%(who)s took %(span)s off the hours of %(store)s on %(day)s."), **said)
    if telling.changed == ["closes_minute"]:
        said |= {"before": telling.before("closes_minute"), "after": telling.after("closes_minute")}
        text = gettext("%(who)s changed closing of %(store)s on %(day)s from %(before)s to %(after)s.")
        return _fill(text, **said)
    if telling.changed == ["opens_minute"]:
        said |= {"before": telling.before("opens_minute"), "after": telling.after("opens_minute")}
        text = gettext("%(who)s changed opening of %(store)s on %(day)s from %(before)s to %(after)s.")
        return _fill(text, **said)
    before = f"{telling.before('opens_minute')}–{telling.before('closes_minute')}"
    text = gettext("%(who)s changed the hours of %(store)s on %(day)s from %(before)s to %(span)s.")
    return _fill(text, before=before, **said)


def _special_day(telling: Telling) -> str:
    day, where = telling.parts
    how = telling.after("kind")
    if (telling.entry.after or {}).get("hours"):
        how = telling.after("hours")
    if telling.entry.operation == Operation.INSERT:
        text = gettext("%(who)s set %(day)s for %(where)s: %(how)s.")
    else:
        text = gettext("%(who)s took back the special day %(day)s for %(where)s.")
    return _fill(text, day=day, where=where, how=how)


def _override(telling: Telling) -> str:
    entry = telling.entry
    _kind, where = telling.parts
    if entry.operation == Operation.UPDATE:
        if "cancelled_at" not in telling.changed:
            return ""
        return _fill(gettext("%(who)s took back an override for %(where)s."), where=where)
    until = telling.after("ends_at")
    is_run = (entry.after or {}).get("kind") == "RUN"
    text = (
        gettext("%(who)s had the model of %(where)s run until %(until)s.")
        if is_run
        else gettext("%(who)s kept the model of %(where)s stopped until %(until)s.")
    )
    return _fill(text, where=where, until=until)


def _membership(telling: Telling) -> str:
    person, where = telling.parts
    if telling.entry.operation == Operation.INSERT:
        text = gettext("%(who)s made %(person)s %(role)s of %(where)s.")
    else:
        text = gettext("%(who)s ended what %(person)s was: %(role)s of %(where)s.")
    return _fill(text, person=person, where=where, role=telling.after("role"))


def _user(telling: Telling) -> str:
    if telling.changed == ["password"]:
        return _fill(gettext("%(who)s changed the password of %(person)s."), person=telling.entry.subject)
    if telling.changed == ["is_active"]:
        is_active = bool((telling.entry.after or {}).get("is_active"))
        text = (
            gettext("%(who)s reactivated %(person)s.")
            if is_active
            else gettext("%(who)s deactivated %(person)s.")
        )
        return _fill(text, person=telling.entry.subject)
    return ""


def _second_factor(telling: Telling) -> str:
    made = {
        "totp": gettext("%(who)s set up an authenticator app for %(person)s."),
        "webauthn": gettext("%(who)s added a passkey for %(person)s."),
        "recovery_codes": gettext("%(who)s made recovery codes for %(person)s."),
    }
    gone = {
        "totp": gettext("%(who)s removed the authenticator app of %(person)s."),
        "webauthn": gettext("%(who)s removed a passkey of %(person)s."),
        "recovery_codes": gettext("%(who)s removed the recovery codes of %(person)s."),
    }
    texts = made if telling.entry.operation == Operation.INSERT else gone
    held = telling.entry.after or telling.entry.before or {}
    return _fill(texts[held["type"]], person=telling.entry.subject)


def _assignment(telling: Telling) -> str:
    store, deployment = telling.parts
    if telling.entry.operation == Operation.INSERT:
        text = gettext("%(who)s let the deployment %(deployment)s serve %(store)s.")
    else:
        text = gettext("%(who)s took %(store)s out of the deployment %(deployment)s.")
    return _fill(text, store=store, deployment=deployment)


def _key(telling: Telling) -> str:
    key, store = telling.parts
    if telling.entry.operation == Operation.INSERT:
        return _fill(gettext("%(who)s made the API key “%(key)s” for %(store)s."), key=key, store=store)
    if "revoked_at" in telling.changed:
        return _fill(gettext("%(who)s revoked the API key “%(key)s” of %(store)s."), key=key, store=store)
    return ""


SENTENCES: dict[tuple[str, str], Callable[[Telling], str]] = {
    ("stores_openinghours", Operation.INSERT): _hours,
    ("stores_openinghours", Operation.UPDATE): _hours,
    ("stores_openinghours", Operation.DELETE): _hours,
    ("stores_specialday", Operation.INSERT): _special_day,
    ("stores_specialday", Operation.DELETE): _special_day,
    ("models_registry_override", Operation.INSERT): _override,
    ("models_registry_override", Operation.UPDATE): _override,
    ("stores_membership", Operation.INSERT): _membership,
    ("stores_membership", Operation.DELETE): _membership,
    ("base_user", Operation.UPDATE): _user,
    ("mfa_authenticator", Operation.INSERT): _second_factor,
    ("mfa_authenticator", Operation.DELETE): _second_factor,
    ("models_registry_assignment", Operation.INSERT): _assignment,
    ("models_registry_assignment", Operation.DELETE): _assignment,
    ("detections_apikey", Operation.INSERT): _key,
    ("detections_apikey", Operation.UPDATE): _key,
}
