"""Another closing for one evening."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext

from models_registry.domain.overrides import OverrideKind
from models_registry.models import Override
from models_registry.selectors.store_page import closing_today
from models_registry.services.overrides import OverrideOrder, set_override
from portal.base.models import User
from stores.domain.hours import clock_text
from stores.domain.localtime import DAY_MINUTES, from_seconds, local_date, wall_to_utc
from stores.models import Store


def stay_open(*, store: Store, until_minute: int, author: User | None, at: datetime) -> Override:
    """Keep a store's model ready from today's closing until a later one, and its buffer after that."""
    order = later_closing(store=store, until_minute=until_minute, at=at)
    return set_override(order=order, author=author, at=at)


def later_closing(*, store: Store, until_minute: int, at: datetime) -> OverrideOrder:
    """Return the order that keeps a store open until a later closing today.

    `until_minute` is a wall-clock minute of the store's day; past 1,440, or at or before now, it means the
    next day. Said in the morning it holds from the closing on and starts nothing early; said to a closed
    store it holds from now.
    """
    today = local_date(store.timezone, at)
    closes = from_seconds(wall_to_utc(store.timezone, today, until_minute, closing=True))
    if closes <= at and until_minute < DAY_MINUTES:
        closes = from_seconds(wall_to_utc(store.timezone, today, until_minute + DAY_MINUTES, closing=True))
    planned = closing_today(store, at=at)
    return OverrideOrder(
        kind=OverrideKind.RUN,
        starts_at=planned if planned and planned < closes else at,
        ends_at=closes + timedelta(minutes=store.close_buffer_minutes),
        why=gettext("Open late until %(time)s") % {"time": clock_text(until_minute % DAY_MINUTES)},
        store=store,
    )
