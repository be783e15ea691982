"""Messages on their way to people and channels, and who was told of which alert."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from alerts.domain.delivering import UNDONE, State
from alerts.domain.telling import Event
from alerts.models.alert import Alert
from alerts.models.channel import Channel


class Delivery(models.Model):
    """One message to one mailbox or channel, as it was written; sent at least once.

    Claimed by compare-and-set before each attempt; a claim that outlives its holder is taken over, and then
    the message may arrive twice. `payload` is what a webhook receives as JSON.
    """

    EVENTS = (
        (Event.BEGAN.value, _("began")),
        (Event.NAG.value, _("reminder")),
        (Event.OVER.value, _("over")),
        (Event.TEST.value, _("test")),
        (Event.DIGEST.value, _("weekly digest")),
    )
    STATES = (
        (State.QUEUED.value, _("queued")),
        (State.SENDING.value, _("being sent")),
        (State.SENT.value, _("sent")),
        (State.FAILED.value, _("failed, tried again")),
        (State.GIVEN_UP.value, _("given up")),
    )

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="deliveries"
    )
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, null=True, related_name="deliveries")
    event = models.CharField(_("event"), max_length=8, choices=EVENTS)
    group = models.CharField(max_length=80, blank=True)
    subject = models.CharField(_("subject"), max_length=300)
    body = models.TextField()
    payload = models.JSONField(default=dict)
    count = models.PositiveIntegerField(default=0)
    state = models.CharField(_("state"), max_length=8, choices=STATES, default=State.QUEUED.value)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(_("error"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = (
            models.CheckConstraint(
                condition=Q(user__isnull=True, channel__isnull=False)
                | Q(user__isnull=False, channel__isnull=True),
                name="delivery_to_one",
            ),
        )
        indexes = (
            models.Index(fields=("id",), condition=Q(state__in=sorted(UNDONE)), name="delivery_undone"),
            models.Index(F("channel"), F("id").desc(), name="delivery_of_channel"),
        )

    def __str__(self) -> str:
        return f"{self.event} {self.subject}"


class Told(models.Model):
    """That a delivery tells of an alert: what its reader knows is read from these rows."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="told")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="told")

    class Meta:
        verbose_name = _("alert told of")
        verbose_name_plural = _("alerts told of")
        constraints = (models.UniqueConstraint(fields=("alert", "delivery"), name="told_once"),)

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.alert_id}"
