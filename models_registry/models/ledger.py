"""The ledger: runs, the decisions behind them, troubles, and the tick's own pulse."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from models_registry.domain.lifecycle import Action
from models_registry.models.deployment import Deployment
from models_registry.models.version import ModelVersion
from stores.models import Store


class Run(models.Model):
    """One time a version was ordered to run, or seen running: the only thing that spend is computed from.

    Instants are AWS's own clock. `requested_at` is our intent, committed before the call; `running_at` and
    `stopping_at` bound what is billed; `ended_at` closes the row, billed or not (`outcome`).
    """

    class Outcome(models.TextChoices):
        STOPPED = "STOPPED", _("stopped")
        FAILED = "FAILED", _("failed to start")
        REFUSED = "REFUSED", _("refused by AWS")
        NOT_DONE = "NOT_DONE", _("never reached AWS")
        GONE = "GONE", _("version deleted")

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="runs")
    deployment = models.ForeignKey(
        Deployment, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    inference_units = models.PositiveSmallIntegerField(_("units"), default=1)
    requested_at = models.DateTimeField(_("start ordered"))
    accepted_at = models.DateTimeField(_("start accepted"), null=True)
    running_at = models.DateTimeField(_("running"), null=True)
    stop_requested_at = models.DateTimeField(_("stop ordered"), null=True)
    stopping_at = models.DateTimeField(_("stop accepted"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, blank=True)
    is_outside = models.BooleanField(_("started outside the portal"), default=False)
    start_code = models.CharField(max_length=40, blank=True)
    start_params = models.JSONField(default=dict)
    stop_code = models.CharField(max_length=40, blank=True)
    stop_params = models.JSONField(default=dict)
    error_message = models.TextField(_("error"), blank=True)
    allocation = models.CharField(
        max_length=10, blank=True, default="", help_text="The rule that divided it; empty: by needed minutes."
    )
    stop_wanted_at = models.DateTimeField(null=True, help_text="A person asked to stop this orphan.")

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        constraints = (
            models.UniqueConstraint(
                fields=("version",), condition=Q(ended_at__isnull=True), name="run_one_open_a_version"
            ),
            models.CheckConstraint(
                condition=Q(stopping_at__isnull=True)
                | Q(running_at__isnull=True)
                | Q(stopping_at__gte=F("running_at")),
                name="run_stops_after_running",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome="") | (Q(ended_at__isnull=False) & ~Q(outcome="")),
                name="run_ended_has_outcome",
            ),
        )
        indexes = (
            models.Index(F("deployment"), F("requested_at").desc(), name="run_newest"),
            models.Index(F("requested_at").desc(), F("id").desc(), name="run_ledger"),
        )

    def __str__(self) -> str:
        return f"{self.version_id} {self.requested_at:%Y-%m-%d %H:%M}"


class RunNeed(models.Model):
    """One stretch of a run that one store needed: frozen when the run ends, so that past money never moves.

    A row without a stretch (both instants empty) marks a store that shares what nobody needed.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="needs")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("need of a run")
        verbose_name_plural = _("needs of runs")
        constraints = (
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True, ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="need_has_length",
            ),
        )

    def __str__(self) -> str:
        return f"{self.run_id} {self.store_id}"


class Decision(models.Model):
    """What was decided for a deployment, and why; append-only, one row for each change."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, null=True, related_name="decisions")
    version = models.ForeignKey(ModelVersion, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(_("at"))
    is_wanted = models.BooleanField(_("wanted"))
    observed = models.CharField(_("observed"), max_length=24, blank=True)
    action = models.CharField(_("action"), max_length=8, choices=[(a.value, a.value) for a in Action])
    code = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    outcome = models.CharField(_("outcome"), max_length=40, blank=True)
    outcome_message = models.TextField(blank=True)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        indexes = (models.Index(F("deployment"), F("at").desc(), F("id").desc(), name="decision_newest"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action} {self.code}"


class Trouble(models.Model):
    """Something that is wrong, from when to when. At most one open of a kind for one subject.

    What the tick and the sweep see of models; who is told of it, and when, is `alerts`.
    """

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, null=True, related_name="troubles")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, null=True, related_name="troubles")
    code = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    opened_at = models.DateTimeField(_("since"))
    closed_at = models.DateTimeField(_("until"), null=True)

    class Meta:
        verbose_name = _("problem")
        verbose_name_plural = _("problems")
        constraints = (
            models.UniqueConstraint(
                fields=("deployment", "version", "code"),
                condition=Q(closed_at__isnull=True),
                nulls_distinct=False,
                name="trouble_one_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.opened_at:%Y-%m-%d %H:%M}"


class TickHeartbeat(models.Model):
    """The last finished tick: its age is the portal's pulse. One row."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(db_default=Now())
    milliseconds = models.PositiveIntegerField(default=0)
    orders = models.PositiveIntegerField(default=0)
    unanswered_projects = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("tick")
        verbose_name_plural = _("ticks")
        constraints = (models.CheckConstraint(condition=Q(id=1), name="heartbeat_one_row"),)

    def __str__(self) -> str:
        return f"{self.started_at:%H:%M:%S}"
