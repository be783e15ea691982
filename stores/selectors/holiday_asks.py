"""Who was asked about which holidays, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from portal.base.models import User
from stores.models import HolidayAsk, HolidayLink, Membership, Role, Store

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """One mail about a holiday."""

    on: date
    address: str
    state: str


@dataclass(frozen=True, slots=True)
class AskedStore:
    """A store with its people, its link and its newest mails."""

    store: Store
    owners: tuple[User, ...]
    link: HolidayLink | None
    asks: tuple[HolidayAsk, ...]


def asks_about(on: date, store_ids: Iterable[int]) -> dict[int, tuple[Asked, ...]]:
    """Return the mails about one date by store, oldest first; one query."""
    asks = HolidayAsk.objects.filter(store_id__in=list(store_ids), dates__contains=[on.isoformat()])
    found: dict[int, list[Asked]] = defaultdict(list)
    for ask in asks.order_by("asked_at", "id"):
        found[ask.store_id].append(Asked(ask.asked_on, ask.address, ask.state))
    return {pk: tuple(each) for pk, each in found.items()}


def owners_of(store_ids: Iterable[int]) -> dict[int, list[User]]:
    """Return the active owners of stores who have a mail address; one query."""
    rows = Membership.objects.filter(
        role=Role.OWNER, store_id__in=list(store_ids), user__is_active=True
    ).exclude(user__email="")
    found: dict[int, list[User]] = defaultdict(list)
    for row in rows.select_related("user").order_by("store_id", "user__username", "id"):
        found[row.store_id or 0].append(row.user)
    return found


def asked_stores(stores: QuerySet[Store], *, page: int, query: str = "") -> tuple[list[AskedStore], bool]:
    """Return fifty stores in order of code, and whether more follow; four queries."""
    chosen = stores.select_related("area").order_by("code", "id")
    if query:
        chosen = chosen.filter(code__icontains=query) | chosen.filter(name__icontains=query)
        chosen = chosen | stores.select_related("area").filter(area__name__icontains=query)
    rows = list(chosen.order_by("code", "id")[page * PER_PAGE : (page + 1) * PER_PAGE + 1])
    shown = rows[:PER_PAGE]
    ids = [store.pk for store in shown]
    owners, links = owners_of(ids), HolidayLink.objects.in_bulk(ids, field_name="store_id")
    asks: dict[int, list[HolidayAsk]] = defaultdict(list)
    for ask in HolidayAsk.objects.filter(store_id__in=ids).order_by("-asked_at", "-id")[:500]:
        asks[ask.store_id].append(ask)
    return [
        AskedStore(store, tuple(owners.get(store.pk, ())), links.get(store.pk), tuple(asks[store.pk][:4]))
        for store in shown
    ], len(rows) > PER_PAGE
