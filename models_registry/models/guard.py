"""Guards: what headquarters alone sets and lifts, above every override."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from models_registry.domain.overrides import OverrideKind
from models_registry.models.deployment import Deployment
from stores.models import Store


class Guard(models.Model):
    """“Never stop” or “never start”, for a store or a whole deployment. It ends too, and can be renewed."""

    class Kind(models.TextChoices):
        RUN = OverrideKind.RUN.value, _("Never stop")
        STOP = OverrideKind.STOP.value, _("Never start")

    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, blank=True, related_name="guards")
    deployment = models.ForeignKey(
        Deployment, on_delete=models.CASCADE, null=True, blank=True, related_name="guards"
    )
    kind = models.CharField(_("kind"), max_length=4, choices=Kind)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    why = models.CharField(_("why"), max_length=200)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    lifted_at = models.DateTimeField(_("lifted"), null=True, editable=False)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("guard")
        verbose_name_plural = _("guards")
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="guard_ends_after_start"),
            models.CheckConstraint(condition=~Q(why=""), name="guard_has_reason"),
            models.CheckConstraint(
                condition=Q(store__isnull=True, deployment__isnull=False)
                | Q(store__isnull=False, deployment__isnull=True),
                name="guard_one_scope",
            ),
        )
        indexes = (models.Index(F("ends_at"), condition=Q(lifted_at__isnull=True), name="guard_live"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.starts_at:%Y-%m-%d}–{self.ends_at:%Y-%m-%d} UTC"
