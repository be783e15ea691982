"""Deployments: what stores point at, and the plan kept beside each."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from models_registry.models.connection import Connection
from models_registry.models.version import ModelVersion
from stores.models import Store


class Deployment(models.Model):
    """One live model version for one store or many. Its name is the alias that outlives every ARN."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="deployments")
    live_version = models.OneToOneField(
        ModelVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="deployment",
        verbose_name=_("live version"),
    )  # fmt: skip
    min_inference_units = models.PositiveSmallIntegerField(
        _("inference units"), default=1, validators=[MinValueValidator(1), MaxValueValidator(1_000)]
    )
    max_inference_units = models.PositiveSmallIntegerField(
        _("scale up to"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(1_000)]
    )
    uses_learned_lead = models.BooleanField(_("learned lead"), default=True)
    stores = models.ManyToManyField(Store, through="Assignment", related_name="deployments")
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("deployment")
        verbose_name_plural = _("deployments")
        constraints = (
            models.CheckConstraint(condition=Q(min_inference_units__gte=1), name="deployment_units_positive"),
            models.CheckConstraint(
                condition=Q(max_inference_units__isnull=True)
                | Q(max_inference_units__gte=F("min_inference_units")),
                name="deployment_units_ordered",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Assignment(models.Model):
    """One store served by one deployment; a store has at most one."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="assignments")
    store = models.OneToOneField(Store, on_delete=models.CASCADE, related_name="assignment")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("assigned store")
        verbose_name_plural = _("assigned stores")

    def __str__(self) -> str:
        return f"{self.store} → {self.deployment}"


class DeploymentState(models.Model):
    """What the tick last worked out for a deployment: a cache of pure functions, safe to delete.

    The plan part holds until `valid_until` or until a RulesChange names the deployment; the decision part
    is the last one taken, so that only changes are written to the decision log.
    """

    deployment = models.OneToOneField(Deployment, on_delete=models.CASCADE, related_name="state")
    is_wanted = models.BooleanField(default=False)
    may_start = models.BooleanField(default=False)
    may_stop = models.BooleanField(default=False)
    is_dry_run = models.BooleanField(default=False)
    store_count = models.PositiveIntegerField(default=0)
    wanted_code = models.CharField(max_length=40, blank=True)
    wanted_params = models.JSONField(default=dict)
    opens_at = models.DateTimeField(
        null=True, help_text="The opening that the present or next window serves."
    )
    next_change_at = models.DateTimeField(null=True)
    safety_stops_at = models.DateTimeField(
        null=True, help_text="When AWS should stop the model by itself; empty where it should not."
    )
    valid_until = models.DateTimeField(null=True)
    decided_action = models.CharField(max_length=8, blank=True)
    decided_code = models.CharField(max_length=40, blank=True)
    decided_outcome = models.CharField(max_length=40, blank=True)
    retry_after = models.DateTimeField(null=True)
    failed_starts = models.PositiveSmallIntegerField(default=0)
    problems = models.JSONField(default=list)

    class Meta:
        verbose_name = _("deployment state")
        verbose_name_plural = _("deployment states")

    def __str__(self) -> str:
        return f"{self.deployment}: {self.wanted_code}"


class RulesChange(models.Model):
    """A note from the database's triggers that a deployment's plan must be computed again.

    Rows appear when the editing transaction commits and are deleted by the tick that has replanned. No
    foreign key in the database: the note may outlive a deployment that the same transaction deletes.
    """

    deployment = models.ForeignKey(
        Deployment, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )

    class Meta:
        verbose_name = _("rules change")
        verbose_name_plural = _("rules changes")

    def __str__(self) -> str:
        return f"{self.deployment_id}"
