"""Areas and stores."""

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from stores.domain.control import Control as ControlMode
from stores.domain.hours import MAX_BUFFER_MINUTES

CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$"


class Control(models.TextChoices):
    """Who turns a store's model on and off; the meaning is `stores.domain.control`."""

    AUTOMATIC = ControlMode.AUTOMATIC.value, _("Automatic")
    START_ONLY = ControlMode.START_ONLY.value, _("Start only")
    STOP_ONLY = ControlMode.STOP_ONLY.value, _("Stop only")
    HANDS_OFF = ControlMode.HANDS_OFF.value, _("Hands off")
    DRY_RUN = ControlMode.DRY_RUN.value, _("Dry run")


class Area(models.Model):
    """A group of stores under one manager."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("area")
        verbose_name_plural = _("areas")

    def __str__(self) -> str:
        return self.name


class Store(models.Model):
    """A bakery: where it is, which clock it lives by, and how its model is controlled."""

    code = models.CharField(
        _("code"),
        max_length=32,
        unique=True,
        validators=[RegexValidator(CODE_PATTERN, _("Letters, digits, dot, hyphen and underscore only."))],
    )
    name = models.CharField(_("name"), max_length=120)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="stores", verbose_name=_("area"))
    timezone = models.CharField(_("time zone"), max_length=50, help_text=_("IANA name, such as Asia/Tokyo."))
    country = models.CharField(_("country"), max_length=2, blank=True, help_text=_("ISO 3166-1, such as JP."))
    subdivision = models.CharField(
        _("subdivision"), max_length=8, blank=True, help_text=_("ISO 3166-2 without the country, such as 13.")
    )
    open_buffer_minutes = models.PositiveSmallIntegerField(
        _("minutes before opening"), default=30, validators=[MaxValueValidator(MAX_BUFFER_MINUTES)]
    )
    close_buffer_minutes = models.PositiveSmallIntegerField(
        _("minutes after closing"), default=30, validators=[MaxValueValidator(MAX_BUFFER_MINUTES)]
    )
    control = models.CharField(_("control"), max_length=10, choices=Control, default=Control.AUTOMATIC)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        constraints = (
            models.CheckConstraint(
                condition=Q(open_buffer_minutes__range=(0, MAX_BUFFER_MINUTES)),
                name="store_open_buffer_range",
            ),
            models.CheckConstraint(
                condition=Q(close_buffer_minutes__range=(0, MAX_BUFFER_MINUTES)),
                name="store_close_buffer_range",
            ),
            models.CheckConstraint(condition=Q(control__in=Control.values), name="store_control_known"),
        )
        indexes = (models.Index(F("area"), F("code"), name="store_area_code"),)

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
