"""Two versions on the same pictures: what came out, worked out by a worker."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from detections.models.detection import Detection
from models_registry.models import ModelVersion


class SecondLook(models.Model):
    """What another version sees on a stored photo: [[label, confidence 0–1, left, top, width, height], …].

    Where the picture could not be shown to it (`is_seen` is false) nothing follows; it is not tried again.
    """

    detection = models.ForeignKey(Detection, on_delete=models.CASCADE, related_name="second_looks")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    boxes = models.JSONField(default=list)
    is_seen = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("second look")
        verbose_name_plural = _("second looks")
        constraints = (models.UniqueConstraint(fields=("version", "detection"), name="second_look_once"),)

    def __str__(self) -> str:
        return f"{self.detection_id} {self.version_id}"


class VersionComparison(models.Model):
    """A comparison that somebody asked for; `outcome` is empty until a worker has made it.

    `outcome` holds `pictures` (how many of each kind), `total` and `labels` (each ratio as [old, new,
    interval of the difference]), `changes` ([[photo, number in the new test set, change], …]), `failures`
    of the gate ([[hurdle, label, value], …]) and `unjudged` photos. `problem` is why test sets could not be
    read. `lease_until` keeps two workers from working out the same: an economy.
    """

    old_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    new_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    asked_at = models.DateTimeField()
    is_waiting = models.BooleanField(default=True)
    lease_until = models.DateTimeField(null=True)
    made_at = models.DateTimeField(null=True)
    outcome = models.JSONField(default=dict)
    problem = models.TextField(blank=True)

    class Meta:
        verbose_name = _("comparison of versions")
        verbose_name_plural = _("comparisons of versions")
        constraints = (
            models.UniqueConstraint(fields=("old_version", "new_version"), name="comparison_once"),
        )

    def __str__(self) -> str:
        return f"{self.old_version_id} → {self.new_version_id}"
