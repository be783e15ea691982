"""Bounds are set here, and asked here by every service that writes what an owner may say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
from stores.domain.hours import DayHours
from stores.models import Area, Bounds, Store
from stores.selectors.bounds import limits_of, limits_of_stores
from stores.selectors.owners import is_bound
from stores.selectors.rules import rules_of


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
    check_days_within(store, {on: hours}, held_limits(store, author))


def check_days_within(store: Store, days: Mapping[date, DayHours], limits: Limits) -> None:
    """Refuse dates with hours that lie outside limits; no query without limits, else three at most."""
    chosen = {on: hours for on, hours in days.items() if hours}
    if limits.is_empty or not chosen:
        return
    week = timedelta(days=7)
    rules = rules_of([store], first_on=min(chosen) - week, last_on=max(chosen) + week)[store.pk]
    for on, hours in chosen.items():
        check_day_within(limits, rules, on, hours)
