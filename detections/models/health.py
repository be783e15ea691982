"""How the registers fared, an hour at a time."""

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from stores.models import Store


class StoreHour(models.Model):
    """One store in one hour (UTC), computed from its detections; rebuildable at any time.

    Latencies are milliseconds of answered requests; `failures` is {outcome: count}.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="hours_of_detection")
    hour_at = models.DateTimeField(_("hour"))
    requests = models.PositiveIntegerField(_("requests"), default=0)
    answered = models.PositiveIntegerField(_("answered"), default=0)
    failures = models.JSONField(default=dict)
    with_near_miss = models.PositiveIntegerField(_("with a near miss"), default=0)
    corrected = models.PositiveIntegerField(_("corrected"), default=0)
    p50_ms = models.PositiveIntegerField(null=True)
    p95_ms = models.PositiveIntegerField(null=True)
    p99_ms = models.PositiveIntegerField(null=True)

    class Meta:
        verbose_name = _("hour of a store")
        verbose_name_plural = _("hours of stores")
        constraints = (models.UniqueConstraint(fields=("store", "hour_at"), name="store_hour_once"),)
        indexes = (models.Index(F("hour_at").desc(), name="store_hour_newest"),)

    def __str__(self) -> str:
        return f"{self.store_id} {self.hour_at:%Y-%m-%d %H}"
