"""Who is told: people by role and reach with what they wish, and channels by their scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alerts.domain.kinds import RULES, Duty, Kind, Severity
from alerts.domain.quiet import Wishes
from alerts.domain.scope import Place, Reach, Reaches
from alerts.models import Alert, Channel, NotificationWishes
from models_registry.models import Assignment
from models_registry.selectors.metrics import chain_zone
from portal.base.models import User
from stores.models import Membership, Store


@dataclass(frozen=True, slots=True)
class Audience:
    """A mailbox or a channel, its language, and what it wishes."""

    language: str
    wishes: Wishes
    user: User | None = None
    channel: Channel | None = None

    @property
    def key(self) -> tuple[int, int]:
        """Tell audiences apart: (person, channel)."""
        return (self.user.pk if self.user else 0), (self.channel.pk if self.channel else 0)


def audiences_of(alerts: Iterable[Alert]) -> list[tuple[Audience, list[Alert]]]:
    """Return who is to hear of some alerts, each with theirs; nine queries at most."""
    alerts = list(alerts)
    places = places_of(alerts)
    reaches = Reaches(_reaches())
    heard: dict[int, list[Alert]] = defaultdict(list)
    for alert in alerts:
        for person in reaches.people_told(RULES[Kind(alert.kind)].told, places[alert.pk]):
            heard[person].append(alert)
    found = [(each, heard[each.key[0]]) for each in people(heard)]
    for channel in Channel.objects.filter(is_active=True).order_by("id"):
        mine = [alert for alert in alerts if _is_within(channel, places[alert.pk])]
        if mine:
            found.append((_channel(channel), mine))
    return found


def places_of(alerts: Iterable[Alert]) -> dict[int, Place]:
    """Return where each alert is; two queries at most."""
    alerts = list(alerts)
    of_deployment: dict[int, list[tuple[int, int]]] = defaultdict(list)
    deployments = {alert.deployment_id for alert in alerts if alert.deployment_id}
    if deployments:
        rows = Assignment.objects.filter(deployment_id__in=deployments).order_by("id")
        for deployment, store, area in rows.values_list("deployment_id", "store_id", "store__area_id"):
            of_deployment[deployment].append((store, area))
    stores = {alert.store_id for alert in alerts if alert.store_id}
    areas = dict(Store.objects.filter(pk__in=stores).values_list("pk", "area_id")) if stores else {}
    return {alert.pk: _place(alert, of_deployment, areas) for alert in alerts}


def _place(
    alert: Alert, of_deployment: Mapping[int, list[tuple[int, int]]], areas: Mapping[int, int]
) -> Place:
    if alert.store_id:
        return Place(frozenset({alert.store_id}), frozenset({areas[alert.store_id]}))
    if alert.deployment_id:
        pairs = of_deployment.get(alert.deployment_id, [])
        return Place(frozenset(store for store, _ in pairs), frozenset(area for _, area in pairs))
    return Place(frozenset(), frozenset({alert.area_id} if alert.area_id else ()))


def _is_within(channel: Channel, place: Place) -> bool:
    if channel.store_id:
        return channel.store_id in place.stores
    return not channel.area_id or channel.area_id in place.areas


def _reaches() -> list[Reach]:
    """Return the roles of everybody with a mailbox; superusers count as headquarters. Two queries."""
    rows = Membership.objects.filter(user__is_active=True, role__in=[duty.value for duty in Duty])
    fields = ("user_id", "role", "area_id", "store_id")
    found = [
        Reach(user, Duty(role), area, store)
        for user, role, area, store in rows.exclude(user__email="").order_by("id").values_list(*fields)
    ]
    supers = User.objects.filter(is_active=True, is_superuser=True).exclude(email="").order_by("id")
    return found + [Reach(pk, Duty.HQ) for pk in supers.values_list("pk", flat=True)]


def people(pks: Iterable[int]) -> list[Audience]:
    """Return people with their wishes, in order; four queries at most."""
    chosen = list(pks)
    if not chosen:
        return []
    wishes = {row.user_id: row for row in NotificationWishes.objects.filter(user_id__in=chosen)}
    rows = Membership.objects.filter(user_id__in=chosen, store__isnull=False).order_by("-id")
    zones = dict(rows.values_list("user_id", "store__timezone"))
    chain = chain_zone()
    return [
        Audience(user.language, wishes_of(wishes.get(user.pk), zones.get(user.pk, chain)), user=user)
        for user in User.objects.filter(pk__in=chosen).order_by("id")
    ]


def wishes_of(row: NotificationWishes | None, timezone: str) -> Wishes:
    """Return what a person wishes; the defaults where nothing was changed."""
    if row is None:
        return Wishes(timezone=timezone)
    least = Severity(row.least) if row.least else None
    return Wishes(least, row.quiet_from, row.quiet_until, row.timezone or timezone, row.critical_breaks_quiet)


def _channel(channel: Channel) -> Audience:
    return Audience(channel.language, Wishes(Severity(channel.least), 0, 0), channel=channel)
