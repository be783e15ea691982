"""Overrides: a person's word against the plan, and when it lapses."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from models_registry.domain.overrides import OverrideKind
from models_registry.models.deployment import Deployment
from stores.models import Store


class Override(models.Model):
    """Run or stop from `starts_at` to `ends_at`, which is never empty; for a store or a whole deployment."""

    class Kind(models.TextChoices):
        RUN = OverrideKind.RUN.value, _("Run")
        STOP = OverrideKind.STOP.value, _("Keep stopped")

    store = models.ForeignKey(
        Store, on_delete=models.CASCADE, null=True, blank=True, related_name="overrides"
    )
    deployment = models.ForeignKey(
        Deployment, on_delete=models.CASCADE, null=True, blank=True, related_name="overrides"
    )
    kind = models.CharField(_("kind"), max_length=4, choices=Kind)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    why = models.CharField(_("why"), max_length=200, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    cancelled_at = models.DateTimeField(_("taken back"), null=True, editable=False)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("override")
        verbose_name_plural = _("overrides")
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="override_ends_after_start"),
            models.CheckConstraint(
                condition=Q(store__isnull=True, deployment__isnull=False)
                | Q(store__isnull=False, deployment__isnull=True),
                name="override_one_scope",
            ),
        )
        indexes = (models.Index(F("ends_at"), condition=Q(cancelled_at__isnull=True), name="override_live"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_at:%Y-%m-%d %H:%M}–{self.ends_at:%Y-%m-%d %H:%M} UTC"
