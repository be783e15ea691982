"""The weekly schedules that AWS holds for a deployment, when it is asked to order beside the portal."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from models_registry.models.connection import Connection
from models_registry.models.deployment import Deployment


class AwsSchedules(models.Model):
    """Whether a deployment's schedules are kept in AWS, and what was last put there.

    The row outlives its deployment, and the connection is the one that holds them, so that what stands in AWS
    is found and removed whatever becomes of either. `held` is name → [digest, second it is over or null].
    """

    deployment = models.OneToOneField(
        Deployment, on_delete=models.SET_NULL, null=True, related_name="aws_schedules"
    )
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    prefix = models.CharField(max_length=40, unique=True)
    is_on = models.BooleanField(_("kept in AWS"), default=False)
    held = models.JSONField(default=dict)
    stepped_at = models.DateTimeField(_("last looked at"), null=True)
    checked_at = models.DateTimeField(_("last compared"), null=True)
    changed_at = models.DateTimeField(_("last changed"), null=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("schedules in AWS")
        verbose_name_plural = _("schedules in AWS")

    def __str__(self) -> str:
        return self.prefix
