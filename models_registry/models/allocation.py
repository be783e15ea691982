"""How a deployment's runs are divided over its stores, by date, and what was frozen of it with each run."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from models_registry.domain.allocation import Rule
from models_registry.models.deployment import Deployment
from models_registry.models.ledger import Run
from stores.models import Store


class AllocationRule(models.Model):
    """The rule for runs that begin on or after a date, by the clock of the deployment's first store."""

    class Choice(models.TextChoices):
        MINUTES = Rule.MINUTES.value, _("by needed minutes")
        DETECTIONS = Rule.DETECTIONS.value, _("by trays")
        EVEN = Rule.EVEN.value, _("evenly")
        FIXED = Rule.FIXED.value, _("by fixed shares")

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="allocation_rules")
    valid_from = models.DateField(_("valid from"))
    rule = models.CharField(_("rule"), max_length=10, choices=Choice)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("allocation rule")
        verbose_name_plural = _("allocation rules")
        constraints = (
            models.UniqueConstraint(fields=("deployment", "valid_from"), name="allocation_once_a_day"),
            models.CheckConstraint(
                condition=Q(rule__in=[rule.value for rule in Rule]), name="allocation_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.deployment_id} {self.valid_from} {self.rule}"


class AllocationShare(models.Model):
    """A store's fixed share, in hundredths of a per cent; the shares of a rule make 10,000."""

    rule = models.ForeignKey(AllocationRule, on_delete=models.CASCADE, related_name="shares")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    weight = models.PositiveIntegerField(_("share"), validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = _("fixed share")
        verbose_name_plural = _("fixed shares")
        constraints = (
            models.UniqueConstraint(fields=("rule", "store"), name="allocation_share_once"),
            models.CheckConstraint(condition=Q(weight__lte=10_000), name="allocation_share_range"),
        )

    def __str__(self) -> str:
        return f"{self.store_id} {self.weight / 100} %"


class RunWeight(models.Model):
    """A store's weight in a run that is not divided by needed minutes: frozen when the run ends."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="weights")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    weight = models.PositiveBigIntegerField()

    class Meta:
        verbose_name = _("weight in a run")
        verbose_name_plural = _("weights in runs")
        constraints = (models.UniqueConstraint(fields=("run", "store"), name="run_weight_once"),)

    def __str__(self) -> str:
        return f"{self.run_id} {self.store_id} {self.weight}"
