"""From one version to another: promotions, and which version served which store from when to when."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from models_registry.domain.promotion import OVER
from models_registry.domain.promotion import PromotionState as StateWord
from models_registry.models.deployment import Deployment
from models_registry.models.version import ModelVersion
from stores.models import Store


class Promotion(models.Model):
    """A version on its way to be live, or back. `failures` is what its gate said: [[hurdle, label, value]].

    A failed gate needs a second person (`approver`). `why` is why the tick last did what it did.
    """

    class State(models.TextChoices):
        ASKED = StateWord.ASKED.value, _("waits for a second person")
        STARTING = StateWord.STARTING.value, _("on its way")
        SWITCHED = StateWord.SWITCHED.value, _("switched")
        DONE = StateWord.DONE.value, _("done")
        FAILED = StateWord.FAILED.value, _("failed")
        CANCELLED = StateWord.CANCELLED.value, _("cancelled")

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="promotions")
    old_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    new_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="promotions")
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.STARTING)
    is_rollback = models.BooleanField(_("rollback"), default=False)
    reason = models.TextField(_("reason"))
    failures = models.JSONField(default=list)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("asked"))
    switched_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=20, blank=True)
    message = models.TextField(blank=True)

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        constraints = (
            models.UniqueConstraint(
                fields=("deployment",), condition=~Q(state__in=sorted(OVER)), name="promotion_one_open"
            ),
            models.UniqueConstraint(
                fields=("new_version",), condition=~Q(state__in=sorted(OVER)), name="promotion_version_once"
            ),
        )
        indexes = (models.Index(F("deployment"), F("created_at").desc(), name="promotion_newest"),)

    def __str__(self) -> str:
        return f"{self.deployment_id}: {self.old_version_id} → {self.new_version_id}"


class Service(models.Model):
    """One version serving one store, from when to when, and by which promotion it came."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="services")
    deployment = models.ForeignKey(Deployment, on_delete=models.SET_NULL, null=True, related_name="services")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="services")
    promotion = models.ForeignKey(Promotion, on_delete=models.SET_NULL, null=True, related_name="services")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        constraints = (
            models.UniqueConstraint(
                fields=("store",), condition=Q(ends_at__isnull=True), name="service_one_open_a_store"
            ),
        )
        indexes = (models.Index(F("store"), F("starts_at").desc(), name="service_newest"),)

    def __str__(self) -> str:
        return f"{self.store_id} {self.version_id}"
