"""Bounds are set here, and asked here by every service that writes what an owner may say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from portal.base.models import User
from stores.domain.bounds import (
    FIELDS,
    Limits,
    OutOfBounds,
    check_buffers,
    check_day_within,
    check_week_length,
)
from stores.domain.hours import DayHours, SpecialRule
from stores.models import Area, Bounds, Store
from stores.selectors.bounds import limits_of, limits_of_stores
from stores.selectors.owners import is_bound
from stores.selectors.rules import rules_of

WEEK = timedelta(days=7)


@transaction.atomic
def set_bounds(
    *, area: Area | None, store: Store | None, limits: Limits, author: User, at: datetime
) -> Bounds | None:
    """Say what holds for all, an area or a store; with nothing bound the scope's row goes away."""
    if area is not None and store is not None:
        raise OutOfBounds("Bounds are for all stores, for an area or for a store.")
    least, most = limits.least_buffer_minutes, limits.most_buffer_minutes
    if least is not None and most is not None and least > most:
        raise OutOfBounds("The least minutes around opening are more than the most. Lower one of them.")
    if limits.is_empty:
        Bounds.objects.filter(area=area, store=store).delete()
        return None
    values: dict[str, Any] = {name: getattr(limits, name) for name in FIELDS}
    row, _ = Bounds.objects.update_or_create(
        area=area, store=store, defaults={**values, "author": author, "changed_at": at}
    )
    return row


def held_limits(store: Store, author: AbstractBaseUser | None) -> Limits:
    """Return the bounds that this person's word on a store must keep; none for headquarters. Two queries."""
    return limits_of(store) if is_bound(author) else Limits()


def check_week_bounds(
    stores: Iterable[Store], weekly: tuple[DayHours, ...], author: AbstractBaseUser | None
) -> None:
    """Refuse a week that one of the stores may not have."""
    if is_bound(author):
        for limits in limits_of_stores(stores).values():
            check_week_length(limits, weekly)


def check_buffer_bounds(store: Store, changed: Iterable[int], author: AbstractBaseUser | None) -> None:
    """Refuse minutes around opening hours that a store may not have."""
    check_buffers(held_limits(store, author), *changed)


def check_day_bounds(store: Store, on: date, hours: DayHours, author: AbstractBaseUser | None) -> None:
    """Refuse one date's hours that a store may not have; five queries at most, two without bounds."""
    _check_day(store, on, hours, held_limits(store, author))


def check_owners_day(store: Store, on: date, hours: DayHours) -> None:
    """Refuse one date's hours to an owner who is known by a link alone; as many queries."""
    _check_day(store, on, hours, limits_of(store))


def _check_day(store: Store, on: date, hours: DayHours, limits: Limits) -> None:
    if limits.is_empty or not hours:
        return
    rules = rules_of([store], first_on=on - WEEK, last_on=on + WEEK)[store.pk]
    check_day_within(limits, rules, on, hours)


def days_out_of_bounds(
    store: Store, days: Mapping[date, SpecialRule], author: AbstractBaseUser | None
) -> dict[date, OutOfBounds]:
    """Return why dates that are set together may not be, by date; as many queries as for one."""
    limits = held_limits(store, author)
    if limits.is_empty or not days:
        return {}
    rules = rules_of([store], first_on=min(days) - WEEK, last_on=max(days) + WEEK)[store.pk]
    special, refused = dict(rules.special), {}
    rules = replace(rules, special=special)
    for on, rule in sorted(days.items(), key=lambda pair: (bool(pair[1].hours), pair[0])):
        try:
            if rule.hours:
                check_day_within(limits, rules, on, rule.hours)
        except OutOfBounds as error:
            refused[on] = error
        special[on] = rule
    return refused
