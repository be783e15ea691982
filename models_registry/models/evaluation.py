"""What the evaluation summary of a version says, or why it could not be read."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from models_registry.models.version import ModelVersion


class Evaluation(models.Model):
    """One version's summary, read once; ratios 0–1. Its labels are LabelMetrics.

    `problem` is the code of the error that kept it from being read, `detail` what was said then.
    """

    version = models.OneToOneField(ModelVersion, on_delete=models.CASCADE, related_name="evaluation")
    tried_at = models.DateTimeField(_("last tried"))
    read_at = models.DateTimeField(_("read"), null=True)
    problem = models.CharField(_("problem"), max_length=40, blank=True)
    detail = models.TextField(blank=True)
    f1_score = models.FloatField("F1", null=True)
    precision = models.FloatField(_("precision"), null=True)
    recall = models.FloatField(_("recall"), null=True)
    average_precision = models.FloatField(_("average precision"), null=True)
    average_recall = models.FloatField(_("average recall"), null=True)
    training_images = models.PositiveIntegerField(_("training images"), null=True)
    test_images = models.PositiveIntegerField(_("test images"), null=True)

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        constraints = (
            models.CheckConstraint(
                condition=Q(read_at__isnull=False, problem="") | Q(read_at__isnull=True) & ~Q(problem=""),
                name="evaluation_read_or_why_not",
            ),
        )

    def __str__(self) -> str:
        return str(self.version)
