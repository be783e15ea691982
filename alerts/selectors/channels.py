"""Channels with how their last message went, and their log."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Max, QuerySet
from django.utils.translation import gettext

from alerts.domain.delivering import UNDONE
from alerts.models import Channel, Delivery
from portal.base.errors import NotFound

LOG = 50


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """A channel and its newest message."""

    channel: Channel
    last: Delivery | None


@dataclass(frozen=True, slots=True)
class Log:
    """The newest messages of a channel; `is_moving` while one of them is on its way."""

    rows: list[Delivery]
    is_moving: bool


def channel_lines(channels: QuerySet[Channel]) -> list[ChannelLine]:
    """Return channels by name; two queries."""
    found = list(channels.select_related("area", "store").order_by("name", "id"))
    newest = Delivery.objects.filter(channel__in=found).order_by().values("channel_id")
    pks = newest.annotate(newest=Max("pk")).values_list("newest", flat=True)
    last = {each.channel_id: each for each in Delivery.objects.filter(pk__in=list(pks))}
    return [ChannelLine(each, last.get(each.pk)) for each in found]


def log_of(channel: Channel) -> Log:
    """Return the newest messages of a channel; one query."""
    rows = list(Delivery.objects.filter(channel=channel).order_by("-id")[:LOG])
    return Log(rows, any(row.state in UNDONE for row in rows))


def delivery_of(channel: Channel, pk: int) -> Delivery:
    """Return one message of a channel, or raise NotFound."""
    found = Delivery.objects.filter(channel=channel, pk=pk).first()
    if found is None:
        raise NotFound(gettext("There is no such message."))
    return found
