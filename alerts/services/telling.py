"""Write the messages that are due: to whom, of what, once. Sending them is `services.delivering`.

What was told is read from the deliveries themselves, and one writer at a time works (an advisory lock that
ends with the transaction): two beats at once write one message.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction

from alerts.domain.kinds import RULES, Kind, Severity
from alerts.domain.quiet import may_tell
from alerts.domain.telling import Event, Member, Message, message_due
from alerts.models import Alert, Delivery, Told
from alerts.selectors.audiences import Audience, audiences_of
from alerts.selectors.told import Known, alerts_to_tell, known_to
from alerts.services.composing import compose

LOCK = 0x6B616D61
NOTHING = Known(None, False)


def write_messages(*, at: datetime) -> int:
    """Write every message that is due; return how many. Three queries when nothing is wrong."""
    with transaction.atomic():
        if not is_only_writer():
            return 0
        alerts = alerts_to_tell(at=at)
        if not alerts:
            return 0
        known = known_to(alerts)
        return sum(_tell(audience, mine, known, at) for audience, mine in audiences_of(alerts))


def is_only_writer(lock: int = LOCK) -> bool:
    """Take a lock for this transaction, or tell that another one has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock])
        return bool(cursor.fetchone()[0])


def _tell(
    audience: Audience, alerts: Iterable[Alert], known: dict[tuple[int, int, int], Known], at: datetime
) -> int:
    groups: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        if may_tell(audience.wishes, Severity(alert.severity), at):
            groups[alert.group].append(alert)
    count = 0
    for group in groups.values():
        members = [_member(each, known.get((*audience.key, each.pk), NOTHING), at) for each in group]
        if (message := message_due(members, at=at)) is not None:
            _write(audience, message, {each.pk: each for each in group}, at)
            count += 1
    return count


def _member(alert: Alert, known: Known, at: datetime) -> Member:
    is_snoozed = alert.snoozed_until is not None and alert.snoozed_until > at
    return Member(
        pk=alert.pk,
        began_at=alert.rang_at or alert.noticed_at,
        ended_at=alert.ended_at,
        nag=RULES[Kind(alert.kind)].nag,
        is_silent=alert.acknowledged_at is not None or is_snoozed,
        told_at=known.told_at,
        is_end_told=known.is_end_told,
    )


def _write(audience: Audience, message: Message, alerts: dict[int, Alert], at: datetime) -> None:
    told = [alerts[member.pk] for member in message.members]
    written = compose(message.event, told, language=audience.language, at=at)
    delivery = Delivery.objects.create(
        user=audience.user,
        channel=audience.channel,
        event=message.event.value,
        group=told[0].group,
        subject=written.subject[:300],
        body=written.body,
        payload=written.payload,
        count=len(told),
        created_at=at,
    )
    _note(delivery, told, message.event, at)


def _note(delivery: Delivery, told: Sequence[Alert], event: Event, at: datetime) -> None:
    rows = [Told(delivery=delivery, alert=alert) for alert in told]
    Told.objects.bulk_create(rows, batch_size=1_000)
    if event is not Event.OVER:
        Alert.objects.filter(pk__in=[alert.pk for alert in told]).update(notified_at=at)
