"""Prices by date, and what each store's share came to."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from models_registry.models.deployment import Deployment
from stores.models import Store


class PriceRate(models.Model):
    """USD an hour for a region from an instant on. Seeded 4.00 and 1.00 (docs/billing.md); editable."""

    class Kind(models.TextChoices):
        INFERENCE = "INFERENCE", _("inference, a unit")
        TRAINING = "TRAINING", _("training")

    region = models.CharField(
        _("region"), max_length=32, blank=True, help_text=_("Empty: every other region.")
    )
    kind = models.CharField(_("kind"), max_length=9, choices=Kind)
    usd_per_hour = models.DecimalField(_("USD an hour"), max_digits=9, decimal_places=4)
    valid_from = models.DateTimeField(_("valid from"))
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints = (
            models.UniqueConstraint(fields=("region", "kind", "valid_from"), name="rate_once_an_instant"),
            models.CheckConstraint(condition=Q(usd_per_hour__gte=0), name="rate_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.region or '*'} {self.kind} {self.usd_per_hour}"


class StoreSpend(models.Model):
    """One store's share of one deployment on one local day. Rebuildable from runs at any time.

    `needed_seconds` ran because the store needed it, `overhead_seconds` is its share of what nobody
    needed; `usd` is unrounded to six places, so that shares add up to their runs.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="spend")
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="spend")
    on = models.DateField(_("date"))
    billed_minutes = models.DecimalField(_("unit minutes"), max_digits=12, decimal_places=4)
    overhead_minutes = models.DecimalField(_("of which overhead"), max_digits=12, decimal_places=4)
    usd = models.DecimalField("USD", max_digits=12, decimal_places=6)

    class Meta:
        verbose_name = _("spend of a store")
        verbose_name_plural = _("spend of stores")
        constraints = (
            models.UniqueConstraint(fields=("store", "deployment", "on"), name="spend_once_a_day"),
        )
        indexes = (models.Index(F("on"), F("store"), name="spend_by_day"),)

    def __str__(self) -> str:
        return f"{self.store_id} {self.on} {self.usd}"
