"""Asking the people of a store about its holidays, by mail, until they answer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from smtplib import SMTPException
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.urls import reverse

from portal.base.mail import public_address, send_mail
from portal.base.models import User
from stores.domain.holidays import ASK_DAYS, ASKING_HOURS, dates_to_ask
from stores.models import HolidayAsk, Store
from stores.selectors.holiday_answers import Answers, answers_between
from stores.selectors.holiday_asks import owners_of
from stores.selectors.holidays import Proposal, holidays_ahead
from stores.services.holiday_links import link_for, token_of

MAILS_A_RUN = 200
REMEMBERED_DAYS = 200


@dataclass(frozen=True, slots=True)
class AskReport:
    """How many mails went out, and how many the server did not take."""

    sent: int
    failed: int


@dataclass(frozen=True, slots=True)
class Due:
    """A person to ask about dates of a store, on the store's own day."""

    store: Store
    person: User
    today: date
    dates: tuple[date, ...]


def ask_owners(*, stores: QuerySet[Store], at: datetime) -> AskReport:
    """Send the mails that are due; see afresh who has not answered. At most 200 a run.

    Each mail is claimed by its row before it is sent, so that nobody gets two in a day. One that the server
    refuses is tried again on the next run; one whose sending a crash cut off is not.
    """
    sent = failed = 0
    for due in due_asks(stores, at=at)[:MAILS_A_RUN]:
        ask = _claim(due, at)
        if ask is None:
            continue
        try:
            _send(due, at)
        except (OSError, SMTPException):
            HolidayAsk.objects.filter(pk=ask.pk).update(state=HolidayAsk.State.FAILED)
            failed += 1
        else:
            HolidayAsk.objects.filter(pk=ask.pk).update(state=HolidayAsk.State.SENT)
            sent += 1
    return AskReport(sent, failed)


def due_asks(stores: QuerySet[Store], *, at: datetime) -> list[Due]:
    """Return who is to be asked now: by day of the store's clock, unanswered dates only. Four queries."""
    awake = [store for store in stores.order_by("code", "id") if _local(store, at).hour in ASKING_HOURS]
    owners = owners_of(store.pk for store in awake)
    first_on = at.date() - timedelta(days=1)
    answers = answers_between((first_on, first_on + timedelta(days=ASK_DAYS[0] + 2)))
    asked = _asked(owners, at)
    found = []
    for store in awake:
        today = _local(store, at).date()
        if store.pk not in owners:
            continue
        open_dates = _unanswered(store, today, answers)
        for person in owners[store.pk]:
            dates = dates_to_ask(open_dates, asked.get((store.pk, person.pk), {}), today=today)
            found += [Due(store, person, today, tuple(dates))] if dates else []
    return found


def _unanswered(store: Store, today: date, answers: Answers) -> list[date]:
    ahead = holidays_ahead(store, today=today, language="en")
    return [each.on for each in ahead if answers.of(each.on, store.area_id, store.pk) is None]


def _asked(owners: dict[int, list[User]], at: datetime) -> dict[tuple[int, int], dict[date, list[date]]]:
    since = at - timedelta(days=REMEMBERED_DAYS)
    asks = HolidayAsk.objects.filter(store_id__in=owners, asked_at__gte=since)
    found: dict[tuple[int, int], dict[date, list[date]]] = defaultdict(dict)
    for ask in asks.exclude(state=HolidayAsk.State.FAILED).order_by("id"):
        found[ask.store_id, ask.person_id][ask.asked_on] = [date.fromisoformat(on) for on in ask.dates]
    return found


def _claim(due: Due, at: datetime) -> HolidayAsk | None:
    """Write the mail down before it is sent; None when somebody else is sending it."""
    facts = {
        "address": due.person.email,
        "asked_at": at,
        "dates": [on.isoformat() for on in due.dates],
        "state": HolidayAsk.State.SENDING,
    }
    keys = {"store": due.store, "person": due.person, "asked_on": due.today}
    ask, is_new = HolidayAsk.objects.get_or_create(**keys, defaults=facts)
    if is_new:
        return ask
    again = HolidayAsk.objects.filter(pk=ask.pk, state=HolidayAsk.State.FAILED).update(**facts)
    return ask if again else None


def _send(due: Due, at: datetime) -> None:
    link = link_for(store=due.store, at=at)
    context = {
        "store": due.store,
        "person": due.person,
        "holidays": _named(due),
        "address": public_address(reverse("holiday-answer", args=[token_of(link)])),
        "expires_at": link.expires_at,
    }
    send_mail(
        to=due.person.email, template="stores/mail/holidays", context=context, language=due.person.language
    )


def _named(due: Due) -> list[Proposal]:
    ahead = holidays_ahead(due.store, today=due.today, language=due.person.language)
    return [each for each in ahead if each.on in due.dates]


def _local(store: Store, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(store.timezone))
