"""AWS accounts and the projects in them."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Connection(models.Model):
    """An AWS account and region, and the quotas that planning respects there.

    Defaults are AWS's own: 2 running models, 5 inference units a model, 5 calls a second for each
    control-plane operation (General Reference, "Amazon Rekognition endpoints and quotas").
    """

    class SafetyStop(models.TextChoices):
        """Whether AWS stops a model by itself should the portal fall silent."""

        OFF = "OFF", _("no safety stop")
        WANTED = "WANTED", _("start even when it cannot be armed")
        REQUIRED = "REQUIRED", _("start only when it is armed")

    name = models.CharField(_("name"), max_length=80, unique=True)
    region = models.CharField(
        _("region"), max_length=32, validators=[RegexValidator(r"^[a-z]{2}(-[a-z]+)+-\d$")],
        help_text=_("Such as ap-northeast-1 (Tokyo)."),
    )  # fmt: skip
    role_arn = models.CharField(
        _("role ARN"), max_length=2048, blank=True,
        validators=[RegexValidator(r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$")],
        help_text=_("The role to assume; empty uses the portal's own credentials."),
    )  # fmt: skip
    external_id = models.CharField(_("external ID"), max_length=1224, blank=True)
    max_running_models = models.PositiveSmallIntegerField(
        _("running models"), default=2, validators=[MinValueValidator(1), MaxValueValidator(10_000)]
    )
    max_inference_units = models.PositiveSmallIntegerField(
        _("inference units a model"), default=5, validators=[MinValueValidator(1), MaxValueValidator(1_000)]
    )
    control_plane_tps = models.PositiveSmallIntegerField(
        _("control-plane calls a second"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(1_000)],
    )
    safety_stop = models.CharField(
        _("safety stop"), max_length=10, choices=SafetyStop.choices, default=SafetyStop.OFF,
        help_text=_("A one-time schedule in AWS that stops each model after its planned end, portal or not."),
    )  # fmt: skip
    safety_margin_minutes = models.PositiveSmallIntegerField(
        _("safety margin in minutes"), default=20,
        validators=[MinValueValidator(5), MaxValueValidator(240)],
        help_text=_("How long after the planned end AWS stops the model by itself."),
    )  # fmt: skip
    schedule_group = models.CharField(
        _("schedule group"), max_length=64, default="kamado",
        validators=[RegexValidator(r"^[0-9a-zA-Z\-_.]{1,64}$")],
        help_text=_("The group of EventBridge Scheduler that is this portal's alone."),
    )  # fmt: skip
    scheduler_role_arn = models.CharField(
        _("scheduler role ARN"), max_length=2048, blank=True,
        validators=[RegexValidator(r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$")],
        help_text=_("The role that the schedules act as; `manage.py iam_policy` prints what it needs."),
    )  # fmt: skip
    dead_letter_arn = models.CharField(
        _("dead-letter queue ARN"), max_length=1600, blank=True,
        validators=[RegexValidator(r"^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:.+$")],
        help_text=_("An SQS queue for orders of schedules that failed for good; may be empty."),
    )  # fmt: skip
    safety_error_code = models.CharField(max_length=40, blank=True, editable=False)
    safety_error_message = models.TextField(_("safety stop cannot be armed"), blank=True, editable=False)
    safety_failing_since = models.DateTimeField(null=True, editable=False)
    safety_tried_at = models.DateTimeField(null=True, editable=False)
    safety_rivals = models.CharField(
        _("other portals in the group"), max_length=200, blank=True, editable=False
    )
    is_active = models.BooleanField(_("active"), default=True)
    synced_at = models.DateTimeField(_("last synced"), null=True, editable=False)
    error_code = models.CharField(max_length=40, blank=True, editable=False)
    error_message = models.TextField(blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("AWS connection")
        verbose_name_plural = _("AWS connections")
        constraints = (
            models.CheckConstraint(
                condition=Q(max_running_models__gte=1, max_inference_units__gte=1, control_plane_tps__gte=1),
                name="connection_quotas_positive",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.region})"


class Project(models.Model):
    """A Custom Labels project, mirrored."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="projects")
    arn = models.CharField("ARN", max_length=2048, unique=True)
    name = models.CharField(_("name"), max_length=255)
    status = models.CharField(_("status"), max_length=20, blank=True)
    observed_at = models.DateTimeField(_("last seen"), null=True, editable=False)
    gone_at = models.DateTimeField(_("gone since"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), null=True, editable=False)

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")

    def __str__(self) -> str:
        return self.name
