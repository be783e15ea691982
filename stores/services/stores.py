"""Stores are made and changed here; every other writer of stores asks `check_facts` too."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from portal.base.errors import InvalidInput
from stores.domain.control import Control
from stores.domain.hours import MAX_BUFFER_MINUTES
from stores.domain.localtime import zone
from stores.models import Area, Store
from stores.models.store import CODE_PATTERN
from stores.services.wording import in_words

_CODE = re.compile(CODE_PATTERN)
_COUNTRY = re.compile(r"[A-Z]{2}")
_SUBDIVISION = re.compile(r"[A-Z0-9-]{1,8}")


class InvalidStore(InvalidInput):
    """A fact of a store cannot stand; `field` names it."""

    code = "invalid_store"

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What is written down about a store, apart from its area and its hours."""

    code: str
    name: str
    timezone: str
    country: str = ""
    subdivision: str = ""
    open_buffer_minutes: int = 30
    close_buffer_minutes: int = 30
    control: str = Control.AUTOMATIC


def problems_of(facts: StoreFacts) -> list[InvalidStore]:
    """Return everything that is wrong with the facts; no query."""
    found = list(_problems_of_name(facts))
    try:
        zone(facts.timezone)
    except InvalidInput as error:
        found.append(InvalidStore(in_words(error), field="timezone"))
    if facts.country and not _COUNTRY.fullmatch(facts.country):
        found.append(InvalidStore(gettext("Write the country as two letters, such as JP."), field="country"))
    if facts.subdivision and not _SUBDIVISION.fullmatch(facts.subdivision):
        reason = gettext("Write the subdivision in capitals without the country, such as 13.")
        found.append(InvalidStore(reason, field="subdivision"))
    for field in ("open_buffer_minutes", "close_buffer_minutes"):
        if not 0 <= getattr(facts, field) <= MAX_BUFFER_MINUTES:
            reason = gettext("Write minutes from 0 to %(most)s.") % {"most": MAX_BUFFER_MINUTES}
            found.append(InvalidStore(reason, field=field))
    if facts.control not in set(Control):
        reason = gettext("Write one of %(words)s.") % {"words": ", ".join(Control)}
        found.append(InvalidStore(reason, field="control"))
    return found


def _problems_of_name(facts: StoreFacts) -> list[InvalidStore]:
    found = []
    if not _CODE.fullmatch(facts.code):
        reason = gettext(
            "A code is 1 to 32 letters, digits, dots, hyphens or underscores, the first a letter or digit."
        )
        found.append(InvalidStore(reason, field="code"))
    if not 0 < len(facts.name) <= 120:
        found.append(InvalidStore(gettext("Write a name of at most 120 characters."), field="name"))
    return found


def check_facts(facts: StoreFacts) -> None:
    """Raise the first thing that is wrong with the facts."""
    for problem in problems_of(facts):
        raise problem


def create_store(*, facts: StoreFacts, area: Area) -> Store:
    """Open a store without hours; refuse a code that is taken."""
    check_facts(facts)
    try:
        with transaction.atomic():
            return Store.objects.create(area=area, **asdict(facts))
    except IntegrityError as error:
        reason = gettext("There is a store “%(code)s” already. Choose another code.") % {"code": facts.code}
        raise InvalidStore(reason, field="code") from error


def update_store(*, store: Store, facts: StoreFacts, area: Area) -> bool:
    """Write the facts that differ; tell whether any did."""
    check_facts(facts)
    try:
        return _write(store, {**asdict(facts), "area": area})
    except IntegrityError as error:
        reason = gettext("There is a store “%(code)s” already. Choose another code.") % {"code": facts.code}
        raise InvalidStore(reason, field="code") from error


def set_control(*, store: Store, control: Control) -> bool:
    """Say who turns the store's model on and off; tell whether that is news."""
    return _write(store, {"control": Control(control).value})


def set_buffers(*, store: Store, open_minutes: int, close_minutes: int) -> bool:
    """Set the minutes the model is kept ready before opening and after closing; tell whether they differ."""
    facts = StoreFacts(
        code=store.code,
        name=store.name,
        timezone=store.timezone,
        open_buffer_minutes=open_minutes,
        close_buffer_minutes=close_minutes,
    )
    check_facts(facts)
    return _write(store, {"open_buffer_minutes": open_minutes, "close_buffer_minutes": close_minutes})


@transaction.atomic
def _write(store: Store, wanted: dict[str, object]) -> bool:
    changed = [name for name, value in wanted.items() if getattr(store, name) != value]
    for name in changed:
        setattr(store, name, wanted[name])
    if changed:
        store.save(update_fields=changed)
    return bool(changed)
