"""What stands behind the holiday desk: what the package said, who was asked, what was decided in one go."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from stores.models.store import Area, Store


class HolidayEdition(models.Model):
    """What the `holidays` package said of a region when its holidays were answered.

    `days` is `{ISO date: [English name, the package's version, ISO date of recording]}`, up to `known_until`.
    """

    country = models.CharField(_("country"), max_length=2)
    subdivision = models.CharField(_("subdivision"), max_length=8, blank=True)
    days = models.JSONField(default=dict)
    known_until = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("country", "subdivision"), name="holiday_edition_once_a_region"),
        )

    def __str__(self) -> str:
        return f"{self.country} {self.subdivision}".strip()


class DayChange(models.Model):
    """Special days written in one go, with what stood there before, so that one press takes all of it back.

    `lines` is a list of `{store, area, on, before, after}`; before and after are
    `[kind, hours, note, source]` or null. `editions` is what touched editions said before
    of the dates concerned, `{key: {ISO date: said or null}}`.
    """

    class Kind(models.TextChoices):
        HOLIDAYS = "HOLIDAYS", _("Holidays decided")
        DIFFERENCE = "DIFFERENCE", _("Calendar change taken over")
        IMPORT = "IMPORT", _("Calendar file")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    lines = models.JSONField(default=list)
    editions = models.JSONField(default=dict)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(_("made"))
    undone_at = models.DateTimeField(_("undone"), null=True)

    class Meta:
        indexes = (models.Index(F("made_at").desc(), F("id").desc(), name="day_change_newest"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.made_at:%Y-%m-%d}"


class HolidayLink(models.Model):
    """The one link by which a store's people answer its holidays without signing in."""

    store = models.OneToOneField(Store, on_delete=models.CASCADE, related_name="holiday_link")
    nonce = models.CharField(max_length=32)
    issued_at = models.DateTimeField(_("issued"))
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    opened_at = models.DateTimeField(_("last opened"), null=True)
    answered_at = models.DateTimeField(_("last answered"), null=True)

    def __str__(self) -> str:
        return str(self.store)


class HolidayAsk(models.Model):
    """One mail that asked a person about a store's holidays; claimed before it is sent."""

    class State(models.TextChoices):
        SENDING = "SENDING", _("being sent")
        SENT = "SENT", _("sent")
        FAILED = "FAILED", _("not taken by the mail server")

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="holiday_asks")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    address = models.EmailField(_("address"))
    asked_on = models.DateField(_("asked on"))
    asked_at = models.DateTimeField(_("asked"))
    dates = models.JSONField(default=list)
    state = models.CharField(_("state"), max_length=8, choices=State)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("store", "person", "asked_on"), name="holiday_ask_once_a_day"),
        )
        indexes = (models.Index(F("asked_at").desc(), F("id").desc(), name="holiday_ask_newest"),)

    def __str__(self) -> str:
        return f"{self.store_id} {self.asked_on}"


class CalendarFeed(models.Model):
    """A person's subscription to the opening windows of a store or of an area."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feeds"
    )
    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("store"))
    area = models.ForeignKey(Area, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("area"))
    nonce = models.CharField(max_length=32)
    has_ready = models.BooleanField(_("with the times the model is ready"), default=False)
    issued_at = models.DateTimeField(_("issued"))
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    read_at = models.DateTimeField(_("last read"), null=True)
    digest = models.CharField(max_length=64, blank=True)
    changed_at = models.DateTimeField(_("last changed"), null=True)

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        constraints = (
            models.CheckConstraint(
                condition=Q(store__isnull=True, area__isnull=False)
                | Q(store__isnull=False, area__isnull=True),
                name="calendar_feed_one_scope",
            ),
            models.UniqueConstraint(
                fields=("user", "store", "area"),
                condition=Q(revoked_at__isnull=True),
                nulls_distinct=False,
                name="calendar_feed_once",
            ),
        )

    def __str__(self) -> str:
        return str(self.store or self.area)
