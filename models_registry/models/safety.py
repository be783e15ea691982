"""What stands between a forgotten model and its bill: schedules in AWS, and whose they are."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from models_registry.models.version import ModelVersion


class Installation(models.Model):
    """This portal's identity, made once: it tells two portals with one schedule group apart. One row."""

    identity = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("installation")
        verbose_name_plural = _("installations")
        constraints = (models.CheckConstraint(condition=Q(id=1), name="installation_one_row"),)

    def __str__(self) -> str:
        return str(self.identity)


class SafetyStop(models.Model):
    """The schedule that stops a version by itself, as AWS last confirmed it.

    `stops_at` is what AWS holds; `asked_stops_at` is what it was last asked for, committed before the call
    (None: to hold nothing). While they differ, the order is on its way, was refused, or nobody knows.
    """

    class State(models.TextChoices):
        ARMED = "ARMED", _("armed")
        UNARMED = "UNARMED", _("not armed")
        REMOVED = "REMOVED", _("removed")
        FIRED = "FIRED", _("carried out")

    version = models.OneToOneField(ModelVersion, on_delete=models.CASCADE, related_name="safety_stop")
    name = models.CharField(_("schedule"), max_length=64)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.REMOVED)
    stops_at = models.DateTimeField(_("stops"), null=True)
    asked_stops_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(_("asked"), null=True)
    armed_at = models.DateTimeField(_("armed"), null=True)
    checked_at = models.DateTimeField(_("last checked"), null=True)
    fired_at = models.DateTimeField(_("carried out"), null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    retry_after = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("safety stop")
        verbose_name_plural = _("safety stops")
        constraints = (
            models.CheckConstraint(
                condition=~Q(state="ARMED") | Q(stops_at__isnull=False), name="safety_armed_has_instant"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("REMOVED", "FIRED")) | Q(stops_at__isnull=True),
                name="safety_over_holds_nothing",
            ),
        )

    def __str__(self) -> str:
        return f"{self.version_id} {self.state}"
