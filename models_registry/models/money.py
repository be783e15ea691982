"""Prices and exchange rates by date, and what each store's share came to."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from models_registry.domain.variance import Cause
from models_registry.models.deployment import Deployment
from models_registry.models.ledger import Run
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


class ExchangeRate(models.Model):
    """So many units of a currency for a US dollar, from a date on. Amounts are stored in dollars only."""

    currency = models.CharField(
        _("currency"),
        max_length=3,
        validators=[RegexValidator(r"^[A-Z]{3}$", _("Three letters, such as JPY."))],
    )
    per_usd = models.DecimalField(_("for one US dollar"), max_digits=18, decimal_places=8)
    valid_from = models.DateField(_("valid from"))
    source = models.CharField(_("source"), max_length=120, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints = (
            models.UniqueConstraint(fields=("currency", "valid_from"), name="exchange_rate_once_a_day"),
            models.CheckConstraint(condition=Q(per_usd__gt=0), name="exchange_rate_positive"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$") & ~Q(currency="USD"), name="exchange_rate_foreign"
            ),
        )

    def __str__(self) -> str:
        return f"{self.currency} {self.per_usd} {self.valid_from}"


class StoreSpend(models.Model):
    """One store's share of one deployment on one local day. Rebuildable from runs at any time.

    `needed_seconds` ran because the store needed it, `overhead_seconds` is its share of what nobody
    needed; `usd` is unrounded to six places, so that shares add up to their runs. `planned_usd` is what the
    opening hours alone would have cost, as they stood then; `SpendCause` rows explain the difference exactly.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="spend")
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="spend")
    on = models.DateField(_("date"))
    billed_minutes = models.DecimalField(_("unit minutes"), max_digits=12, decimal_places=4)
    overhead_minutes = models.DecimalField(_("of which overhead"), max_digits=12, decimal_places=4)
    usd = models.DecimalField("USD", max_digits=12, decimal_places=6)
    planned_usd = models.DecimalField(_("planned USD"), max_digits=12, decimal_places=6, default=0)

    class Meta:
        verbose_name = _("spend of a store")
        verbose_name_plural = _("spend of stores")
        constraints = (
            models.UniqueConstraint(fields=("store", "deployment", "on"), name="spend_once_a_day"),
        )
        indexes = (models.Index(F("on"), F("store"), name="spend_by_day"),)

    def __str__(self) -> str:
        return f"{self.store_id} {self.on} {self.usd}"


class RunShare(models.Model):
    """One store's share of one run on one local day: the leaves of which StoreSpend is the sum."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="shares", db_index=False)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    on = models.DateField(_("date"))
    billed_minutes = models.DecimalField(_("unit minutes"), max_digits=12, decimal_places=4)
    overhead_minutes = models.DecimalField(_("of which overhead"), max_digits=12, decimal_places=4)
    usd = models.DecimalField("USD", max_digits=12, decimal_places=6)

    class Meta:
        verbose_name = _("share of a run")
        verbose_name_plural = _("shares of runs")
        constraints = (models.UniqueConstraint(fields=("run", "store", "on"), name="run_share_once_a_day"),)
        indexes = (
            models.Index(F("store"), F("on"), name="run_share_by_store"),
            models.Index(F("on"), name="run_share_by_day"),
        )

    def __str__(self) -> str:
        return f"{self.run_id} {self.store_id} {self.on} {self.usd}"


class SpendCause(models.Model):
    """Why a store's day cost more or less than its plan, in money; a day's rows add up to the difference."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="+")
    on = models.DateField(_("date"))
    cause = models.CharField(_("cause"), max_length=12, choices=[(each.value, each.value) for each in Cause])
    who = models.CharField(_("by"), max_length=150, blank=True)
    usd = models.DecimalField("USD", max_digits=12, decimal_places=6)

    class Meta:
        verbose_name = _("cause of a difference")
        verbose_name_plural = _("causes of differences")
        constraints = (
            models.UniqueConstraint(
                fields=("store", "deployment", "on", "cause", "who"), name="spend_cause_once_a_day"
            ),
        )
        indexes = (models.Index(F("on"), F("store"), name="spend_cause_by_day"),)

    def __str__(self) -> str:
        return f"{self.store_id} {self.on} {self.cause} {self.usd}"
