"""Model versions, mirrored from AWS, and how well each knows its labels."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from models_registry.domain.status import VersionStatus
from models_registry.models.connection import Project


class ModelVersion(models.Model):
    """One trained model: Rekognition's project version, with its own status words.

    `status_since` is the instant at which the present status was first seen; AWS has no such field.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="versions")
    arn = models.CharField("ARN", max_length=2048, unique=True)
    name = models.CharField(_("version"), max_length=255)
    status = models.CharField(
        _("status"), max_length=24, choices=[(status.value, status.value) for status in VersionStatus]
    )
    status_message = models.TextField(_("status message"), blank=True)
    status_since = models.DateTimeField(_("since"), null=True, editable=False)
    f1_score = models.FloatField("F1", null=True, blank=True)
    trained_at = models.DateTimeField(_("trained"), null=True, blank=True)
    billable_training_seconds = models.PositiveIntegerField(
        _("billable training seconds"), null=True, blank=True
    )
    min_inference_units = models.PositiveSmallIntegerField(null=True, editable=False)
    summary_uri = models.CharField(_("evaluation summary"), max_length=1300, blank=True, editable=False)
    training_snapshot_uri = models.CharField(max_length=1300, blank=True, editable=False)
    testing_snapshot_uri = models.CharField(max_length=1300, blank=True, editable=False)
    gone_at = models.DateTimeField(_("gone since"), null=True, editable=False)
    aws_created_at = models.DateTimeField(_("training started"), null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in VersionStatus]),
                name="version_status_known",
            ),
        )
        indexes = (models.Index(F("project"), F("aws_created_at").desc(), name="version_newest"),)

    def __str__(self) -> str:
        return f"{self.project.name} / {self.name}"


class LabelMetrics(models.Model):
    """How a version did on its test images for one label; ratios 0–1, as AWS's evaluation summary."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="label_metrics")
    label = models.CharField(_("label"), max_length=255)
    assumed_threshold = models.FloatField(_("assumed threshold"), null=True)
    precision = models.FloatField(_("precision"), null=True)
    recall = models.FloatField(_("recall"), null=True)
    f1_score = models.FloatField("F1", null=True)
    test_images = models.PositiveIntegerField(_("test images"), null=True)

    class Meta:
        verbose_name = _("label metrics")
        verbose_name_plural = _("label metrics")
        constraints = (models.UniqueConstraint(fields=("version", "label"), name="metrics_once_a_label"),)

    def __str__(self) -> str:
        return f"{self.version} {self.label}"
