"""Versions that run for a while without being live, to look at stored photos."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from models_registry.domain.trial import TRIED
from models_registry.domain.trial import TrialState as StateWord
from models_registry.models.deployment import Deployment
from models_registry.models.version import ModelVersion


class Trial(models.Model):
    """A version to be run beside a deployment until its looking is done; `until` is never empty.

    `why` is why the tick last did what it did. `lease_until` keeps two workers from looking at once: an
    economy, what was seen is written once.
    """

    class State(models.TextChoices):
        OPEN = StateWord.OPEN.value, _("waiting")
        READY = StateWord.READY.value, _("looking")
        ENDING = StateWord.ENDING.value, _("ending")
        DONE = StateWord.DONE.value, _("done")
        FAILED = StateWord.FAILED.value, _("failed")
        CANCELLED = StateWord.CANCELLED.value, _("cancelled")

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="trials")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="trials")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(_("asked"))
    until = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    why = models.CharField(max_length=20, blank=True)
    message = models.TextField(blank=True)

    class Meta:
        verbose_name = _("trial")
        verbose_name_plural = _("trials")
        constraints = (
            models.UniqueConstraint(
                fields=("version",), condition=~Q(state__in=sorted(TRIED)), name="trial_one_open_a_version"
            ),
            models.CheckConstraint(condition=Q(until__gt=F("created_at")), name="trial_ends"),
        )

    def __str__(self) -> str:
        return f"{self.deployment_id}: {self.version_id}"
