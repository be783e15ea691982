"""Alerts: what is or was wrong, and what people did about it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from alerts.domain.kinds import Kind, Severity
from alerts.domain.sentences import SEVERITIES, TITLES
from detections.models import ApiKey
from models_registry.models import Connection, Deployment, ModelVersion
from stores.models import Area, Store

STANDING = Q(ended_at__isnull=True)
OPEN = Q(ended_at__isnull=True, rang_at__isnull=False)


class Alert(models.Model):
    """Something wrong, from when to when; one row however many sweeps see it.

    `subject` names what it is about ("store:12"), as one of the foreign keys does; stores and areas decide
    who sees it. It was noticed before it rang where its kind has patience. `group` is what is told of in one
    message. Params are plain values, so that everybody reads it in their own language and zone.
    """

    kind = models.CharField(_("kind"), max_length=20, choices=[(kind.value, TITLES[kind]) for kind in Kind])
    severity = models.CharField(
        _("severity"), max_length=8, choices=[(each.value, SEVERITIES[each]) for each in Severity]
    )
    subject = models.CharField(max_length=40)
    subject_name = models.CharField(_("about"), max_length=300, blank=True)
    timezone = models.CharField(max_length=50, default="UTC")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.CASCADE, null=True, related_name="+")
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, null=True, related_name="+")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, null=True, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, null=True, related_name="+")
    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, null=True, related_name="+")
    cause = models.CharField(max_length=40, blank=True)
    group = models.CharField(max_length=80)
    params = models.JSONField(default=dict)
    noticed_at = models.DateTimeField()
    rang_at = models.DateTimeField(_("since"), null=True)
    ended_at = models.DateTimeField(_("until"), null=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True)
    notified_at = models.DateTimeField(_("last told"), null=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "subject"), condition=Q(ended_at__isnull=True), name="alert_one_standing"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(rang_at__isnull=False), name="alert_ended_has_rung"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("rang_at")),
                name="alert_ends_after_it_began",
            ),
        )
        indexes = (
            models.Index(F("rang_at").desc(), F("id").desc(), condition=OPEN, name="alert_open"),
            models.Index(F("rang_at").desc(), F("id").desc(), name="alert_newest"),
            models.Index(
                F("ended_at").desc(), condition=Q(ended_at__isnull=False), name="alert_ended_lately"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_name or self.subject}"


class AlertNote(models.Model):
    """What a person did about an alert; append-only."""

    class What(models.TextChoices):
        ACKNOWLEDGED = "ACKNOWLEDGED", _("took it on")
        HANDED_BACK = "HANDED_BACK", _("handed it back")
        SNOOZED = "SNOOZED", _("snoozed it")
        NOTED = "NOTED", _("wrote a note")

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notes")
    at = models.DateTimeField()
    what = models.CharField(max_length=12, choices=What)
    until = models.DateTimeField(null=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("note on an alert")
        verbose_name_plural = _("notes on alerts")
        indexes = (models.Index(fields=("alert", "at"), name="alert_note_of"),)

    def __str__(self) -> str:
        return f"{self.alert_id} {self.what} {self.at:%Y-%m-%d %H:%M}"
