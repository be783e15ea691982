"""Budgets, and what people asked for beyond them."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from models_registry.domain.budgets import BudgetAction, BudgetScope
from models_registry.models.override import Override
from stores.models import Area, Store


class Budget(models.Model):
    """USD a month for the fleet (both scopes empty), an area or a store, from a month on."""

    class Action(models.TextChoices):
        WARN = BudgetAction.WARN.value, _("Warn")
        ASK = BudgetAction.ASK.value, _("Ask headquarters")
        HOLD_BACK = BudgetAction.HOLD_BACK.value, _("Hold back")

    area = models.ForeignKey(
        Area, on_delete=models.CASCADE, null=True, blank=True, related_name="budgets", verbose_name=_("area")
    )
    store = models.ForeignKey(
        Store,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="budgets",
        verbose_name=_("store"),
    )
    usd_per_month = models.DecimalField(
        _("USD a month"), max_digits=12, decimal_places=2, validators=[MinValueValidator(0)]
    )
    valid_from = models.DateField(_("valid from"))
    action = models.CharField(_("when an override exceeds it"), max_length=9, choices=Action)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = (
            models.CheckConstraint(
                condition=Q(area__isnull=True) | Q(store__isnull=True), name="budget_one_scope"
            ),
            models.CheckConstraint(condition=Q(usd_per_month__gte=0), name="budget_not_negative"),
            models.CheckConstraint(condition=Q(valid_from__day=1), name="budget_begins_a_month"),
            models.UniqueConstraint(
                fields=("area", "store", "valid_from"), nulls_distinct=False, name="budget_once_a_month"
            ),
        )

    def __str__(self) -> str:
        return f"{self.store or self.area or '*'} {self.usd_per_month} {self.valid_from}"

    @property
    def scope(self) -> BudgetScope:
        """Whose money it bounds."""
        if self.store_id:
            return BudgetScope.STORE
        return BudgetScope.AREA if self.area_id else BudgetScope.FLEET


class OverrideRequest(models.Model):
    """An override that waits for headquarters' yes; without an answer it lapses at `lapses_at`."""

    class Answer(models.TextChoices):
        GRANTED = "GRANTED", _("granted")
        REFUSED = "REFUSED", _("refused")

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="override_requests")
    budget = models.ForeignKey(Budget, on_delete=models.SET_NULL, null=True, related_name="+")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    why = models.CharField(_("why"), max_length=200, blank=True)
    usd = models.DecimalField("USD", max_digits=12, decimal_places=6)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(_("asked"))
    lapses_at = models.DateTimeField(_("lapses"))
    answer = models.CharField(_("answer"), max_length=7, choices=Answer, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    override = models.ForeignKey(Override, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("request for an override")
        verbose_name_plural = _("requests for overrides")
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="request_ends_after_start"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="request_answered_at",
            ),
        )
        indexes = (models.Index(F("lapses_at"), condition=Q(answer=""), name="request_waiting"),)

    def __str__(self) -> str:
        return f"{self.store_id} {self.starts_at:%Y-%m-%d %H:%M}–{self.ends_at:%H:%M} UTC"
