"""Send what is written: claimed by compare-and-set, tried again later and later, given up in the end.

Every message arrives at least once or is given up in sight. It may arrive twice only when a process died
after the other side had taken the message and before that was written down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet

from alerts.domain.delivering import MOST_ATTEMPTS, UNDONE, State, is_due, state_after_failure
from alerts.domain.ports import CannotDeliver, Carrier, Letter
from alerts.models import Delivery

AT_ONCE = 200
"""So many are looked at in one round; those least often tried first, and of them the oldest."""


@dataclass(slots=True)
class DeliveryReport:
    """What a round of deliveries did: numbers for one log line."""

    sent: int = 0
    failed: int = 0


def deliver(*, carrier: Carrier, now: Callable[[], datetime], is_time: Callable[[], bool]) -> DeliveryReport:
    """Try what is due as long as there is time. `now` is the clock, as a round takes its time."""
    report = DeliveryReport()
    undone = Delivery.objects.filter(state__in=sorted(UNDONE)).order_by("attempts", "id")
    for row in undone.values_list("pk", "state", "attempts", "tried_at"):
        if not is_time() or report.sent + report.failed >= AT_ONCE:
            break
        pk, state, attempts, tried_at = row
        if is_due(State(state), attempts, tried_at, now()):
            _try(pk, State(state), attempts, carrier=carrier, at=now(), report=report)
    return report


def _try(
    pk: int, state: State, attempts: int, *, carrier: Carrier, at: datetime, report: DeliveryReport
) -> None:
    """Claim one delivery and send it; another process that was quicker has it."""
    mine = Delivery.objects.filter(pk=pk, state=state.value, attempts=attempts)
    if attempts >= MOST_ATTEMPTS:
        report.failed += mine.update(state=State.GIVEN_UP.value, error="Every attempt was cut off.")
        return
    if mine.update(state=State.SENDING.value, attempts=F("attempts") + 1, tried_at=at) != 1:
        return
    delivery = Delivery.objects.select_related("user", "channel").get(pk=pk)
    try:
        _send(delivery, carrier, at)
    except CannotDeliver as error:
        after = state_after_failure(attempts + 1, is_final=not error.retryable)
        _claimed(delivery).update(state=after.value, error=error.message[:500])
        report.failed += 1
        return
    _claimed(delivery).update(state=State.SENT.value, sent_at=at, error="")
    report.sent += 1


def _claimed(delivery: Delivery) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk=delivery.pk, state=State.SENDING.value, attempts=delivery.attempts)


def _send(delivery: Delivery, carrier: Carrier, at: datetime) -> None:
    letter = Letter(
        delivery.pk,
        delivery.subject,
        delivery.body,
        {"id": delivery.pk, **delivery.payload},
        delivery.payload.get("headers", {}) if delivery.user_id else {},
    )
    if delivery.user is not None:
        if not delivery.user.email:
            raise CannotDeliver("This person has no mail address.", retryable=False)
        carrier.mail(delivery.user.email, letter)
    elif delivery.channel is not None:
        channel = delivery.channel
        carrier.post(
            channel.kind, channel.sealed_address, channel.sealed_secret, letter, now=int(at.timestamp())
        )


def try_again(*, delivery: Delivery) -> bool:
    """Queue a message again that failed or was given up; tell whether that was so."""
    stuck = Delivery.objects.filter(pk=delivery.pk, state__in=(State.FAILED.value, State.GIVEN_UP.value))
    return stuck.update(state=State.QUEUED.value, attempts=0, error="") == 1
