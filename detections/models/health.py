"""The log counted by store and hour: derived, rebuildable, and all that the pages of health read."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from detections.domain.health import COUNTS
from stores.models import Store


class StoreHour(models.Model):
    """One store's photos received in one hour (UTC), imports left out; see `domain.health.Health`.

    `errors` is {"OUTCOME:code": photos}; `latency` and Rekognition's part of it are {bucket: photos}.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField(_("hour"))
    requests = models.PositiveIntegerField()
    answered = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    slow = models.PositiveIntegerField()
    near_miss = models.PositiveIntegerField()
    ask = models.PositiveIntegerField()
    corrected = models.PositiveIntegerField()
    shown = models.PositiveIntegerField()
    total_ms = models.PositiveBigIntegerField()
    rekognition_ms = models.PositiveBigIntegerField()
    errors = models.JSONField(default=dict)
    latency = models.JSONField(default=dict)
    rekognition = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("hour of a store")
        verbose_name_plural = _("hours of stores")
        constraints = (
            models.UniqueConstraint(fields=("store", "hour"), name="store_hour_once"),
            models.CheckConstraint(
                condition=Q(requests__gte=models.F("answered") + models.F("failed")),
                name="store_hour_adds_up",
            ),
        )
        # The chain's counts of a month come from this index alone.
        indexes = (models.Index(fields=("hour", "store"), include=COUNTS, name="store_hour_counts"),)

    def __str__(self) -> str:
        return f"{self.store_id} {self.hour:%Y-%m-%d %H}"


class HourToRecount(models.Model):
    """An hour whose photos changed later: written by triggers, whoever changes them; taken by the recount."""

    hour = models.DateTimeField()

    class Meta:
        verbose_name = _("hour to recount")
        verbose_name_plural = _("hours to recount")

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}"
