"""Which alerts and channels a person may see: those of their stores and areas, all for headquarters."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext

from alerts.models import Alert, Channel
from alerts.models.alert import OPEN
from models_registry.models import Assignment
from portal.base.errors import NotAllowed, NotFound
from portal.base.models import User
from stores.access import ALLOWED, May, Person, is_headquarters, may, stores_visible_to, stores_where
from stores.models import Area, Membership, Store


def alerts_visible_to(user: Person) -> QuerySet[Alert]:
    """Return the alerts that rang and that a person may see."""
    rung = Alert.objects.filter(rang_at__isnull=False)
    if is_headquarters(user):
        return rung
    return rung.filter(_within(stores_visible_to(user), areas_where(user, May.SEE)))


def _within(stores: QuerySet[Store], areas: QuerySet[Area]) -> Q:
    """Return the condition that an alert is about these stores, or about one of these whole areas."""
    mine = stores.order_by().values("pk")
    served = Assignment.objects.filter(deployment_id=OuterRef("deployment_id"), store__in=mine)
    return Q(store__in=mine) | Q(area__in=areas.order_by().values("pk")) | Q(Exists(served))


def areas_where(user: Person, what: May) -> QuerySet[Area]:
    """Return the areas to the whole of which a person may do `what`."""
    if may(user, what):
        return Area.objects.all()
    roles = [role for role, allowed in ALLOWED.items() if what in allowed]
    mine = Membership.objects.filter(Q(user_id=user.pk), role__in=roles, area__isnull=False)
    return Area.objects.filter(pk__in=mine.values("area_id"))


def scope_of(user: User) -> tuple[QuerySet[Store], QuerySet[Alert]]:
    """Return what a person may see: their stores, and the alerts of these."""
    return stores_visible_to(user), alerts_visible_to(user)


def open_alerts_of(user: Person) -> QuerySet[Alert]:
    """Return the alerts a person may see that are not over."""
    return alerts_visible_to(user).filter(OPEN)


def alerts_actable_by(user: Person) -> QuerySet[Alert]:
    """Return the open alerts that a person may take on or snooze; who only looks may not."""
    open_ones = open_alerts_of(user)
    if is_headquarters(user):
        return open_ones
    return open_ones.filter(_within(stores_where(user, May.REVIEW), areas_where(user, May.REVIEW)))


def alert_for(user: Person, pk: int) -> Alert:
    """Return one alert, or raise NotFound."""
    found = alerts_visible_to(user).select_related("acknowledged_by", "store", "deployment", "version")
    alert = found.filter(pk=pk).first()
    if alert is None:
        raise NotFound(gettext("There is no such alert among yours."))
    return alert


def may_act_on(user: Person, alert: Alert) -> bool:
    """Tell whether a person may take an alert on."""
    return alerts_actable_by(user).filter(pk=alert.pk).exists()


def channels_of(user: Person) -> QuerySet[Channel]:
    """Return the channels a person keeps: all for headquarters, their areas' and stores' for a manager."""
    if is_headquarters(user):
        return Channel.objects.all()
    areas, stores = areas_where(user, May.CONTROL), stores_where(user, May.CONTROL)
    return Channel.objects.filter(
        Q(area__in=areas.values("pk")) | Q(store__in=stores.order_by().values("pk"))
    )


def keeps_channels(user: Person) -> bool:
    """Tell whether a person keeps channels at all."""
    return is_headquarters(user) or stores_where(user, May.CONTROL).exists()


def require_channels(user: Person) -> None:
    """Raise NotAllowed unless a person keeps channels."""
    if not keeps_channels(user):
        raise NotAllowed(gettext("Channels are kept by headquarters and area managers."))


def channel_for(user: Person, pk: int) -> Channel:
    """Return one channel, or raise NotAllowed or NotFound."""
    require_channels(user)
    channel = channels_of(user).filter(pk=pk).first()
    if channel is None:
        raise NotFound(gettext("There is no such channel among yours."))
    return channel
