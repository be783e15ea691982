"""Boxes counted by store, label and day: what drift is judged by."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from detections.models import Label
from models_registry.models import ModelVersion
from stores.models import Store


class ScoreDay(models.Model):
    """One label's confidences at one store on one day (UTC) with one version: boxes in 20 bins of 5 points.

    Derived and rebuildable; nearly hidden boxes count, so that a slide below the threshold is seen.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="+", db_index=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+", db_index=False)
    on = models.DateField(_("day"))
    bins = models.JSONField()

    class Meta:
        verbose_name = _("day of a label")
        verbose_name_plural = _("days of labels")
        constraints = (
            models.UniqueConstraint(fields=("version", "store", "label", "on"), name="score_day_once"),
        )
        indexes = (models.Index(fields=("on",), name="score_day_on"),)

    def __str__(self) -> str:
        return f"{self.store_id} {self.label_id} {self.on}"
