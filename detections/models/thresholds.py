"""How a deployment's photos are asked about, and how their raw boxes are judged."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from models_registry.models import Deployment, ModelVersion

PERCENT = (MinValueValidator(0), MaxValueValidator(100))


class ThresholdSet(models.Model):
    """A numbered, immutable set of per-label thresholds (percent); the highest number is in force.

    A label that the set does not name has the assumed threshold of the version that answers, else
    `fallback`. `thresholds` is {label: percent}.
    """

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="threshold_sets")
    number = models.PositiveIntegerField(_("number"))
    version = models.ForeignKey(
        ModelVersion, on_delete=models.SET_NULL, null=True, related_name="+",
        help_text="The version whose assumed thresholds it started from.",
    )  # fmt: skip
    thresholds = models.JSONField(default=dict)
    fallback = models.FloatField(_("for other labels"), default=50, validators=PERCENT)
    near_miss_band = models.FloatField(_("near miss within"), default=25, validators=PERCENT)
    ask_band = models.FloatField(_("ask within"), default=1, validators=PERCENT)
    suppresses_duplicates = models.BooleanField(_("one bread, one box"), default=True)
    same_place = models.FloatField(_("same place from"), default=0.5)
    reason = models.CharField(_("reason"), max_length=200)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("published"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("threshold set")
        verbose_name_plural = _("threshold sets")
        constraints = (
            models.UniqueConstraint(fields=("deployment", "number"), name="threshold_set_numbered_once"),
            models.CheckConstraint(
                condition=Q(fallback__range=(0, 100), near_miss_band__range=(0, 100))
                & Q(ask_band__range=(0, 100), same_place__gt=0, same_place__lte=1),
                name="threshold_set_in_range",
            ),
        )
        indexes = (models.Index(F("deployment"), F("number").desc(), name="threshold_set_newest"),)

    def __str__(self) -> str:
        return f"{self.deployment} #{self.number}"


class DetectionSettings(models.Model):
    """The floor that a deployment's photos are asked with, and how long their pictures are kept.

    A deployment without a row has the defaults. `raw_floor` is the MinConfidence sent to AWS; without
    `retention_days` pictures are kept for ever.
    """

    deployment = models.OneToOneField(Deployment, on_delete=models.CASCADE, related_name="detection_settings")
    raw_floor = models.FloatField(_("ask AWS from"), default=0, validators=PERCENT)
    retention_days = models.PositiveIntegerField(
        _("keep pictures for days"), null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
    )  # fmt: skip

    class Meta:
        verbose_name = _("detection settings")
        verbose_name_plural = _("detection settings")
        constraints = (
            models.CheckConstraint(
                condition=Q(raw_floor__range=(0, 100))
                & (Q(retention_days__isnull=True) | Q(retention_days__range=(1, 3650))),
                name="detection_settings_in_range",
            ),
        )

    def __str__(self) -> str:
        return str(self.deployment)
