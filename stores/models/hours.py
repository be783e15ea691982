"""Weekly opening hours and the days that differ."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from stores.domain.hours import SpecialKind, SpecialSource, clock_text
from stores.models.store import Area, Store


class OpeningHours(models.Model):
    """One stretch of a weekday, Monday 0. Minutes from that day's midnight; past 1,440 is the next day."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(_("weekday"))
    opens_minute = models.PositiveSmallIntegerField(_("opens"))
    closes_minute = models.PositiveSmallIntegerField(_("closes"))

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        constraints = (
            models.UniqueConstraint(fields=("store", "weekday", "opens_minute"), name="hours_unique_opening"),
            models.CheckConstraint(condition=Q(weekday__range=(0, 6)), name="hours_weekday_range"),
            models.CheckConstraint(condition=Q(opens_minute__range=(0, 1439)), name="hours_opens_in_day"),
            models.CheckConstraint(
                condition=Q(closes_minute__gt=F("opens_minute"))
                & Q(closes_minute__lte=F("opens_minute") + 1440),
                name="hours_have_length",
            ),
        )

    def __str__(self) -> str:
        return f"{self.weekday} {clock_text(self.opens_minute)}–{clock_text(self.closes_minute)}"


class SpecialDay(models.Model):
    """One local date that differs from the week, for a store, an area or all (both empty).

    `hours` is a list of `[opens, closes]` minutes, as in `stores.domain.hours`. The nearest scope wins:
    store, then area, then all.
    """

    class Kind(models.TextChoices):
        CLOSED = SpecialKind.CLOSED.value, _("Closed")
        HOURS = SpecialKind.HOURS.value, _("Own hours")
        AS_USUAL = SpecialKind.AS_USUAL.value, _("Open as usual")

    class Source(models.TextChoices):
        MANUAL = SpecialSource.MANUAL.value, _("By hand")
        HOLIDAY = SpecialSource.HOLIDAY.value, _("Holiday proposal")
        IMPORT = SpecialSource.IMPORT.value, _("Import")

    store = models.ForeignKey(
        Store, on_delete=models.CASCADE, null=True, blank=True, related_name="special_days"
    )
    area = models.ForeignKey(
        Area, on_delete=models.CASCADE, null=True, blank=True, related_name="special_days"
    )
    on = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    hours = models.JSONField(_("hours"), default=list, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    source = models.CharField(_("source"), max_length=8, choices=Source, default=Source.MANUAL)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("special day")
        verbose_name_plural = _("special days")
        constraints = (
            models.CheckConstraint(
                condition=Q(store__isnull=True) | Q(area__isnull=True), name="special_day_one_scope"
            ),
            models.CheckConstraint(
                condition=(Q(kind="HOURS") & ~Q(hours=[])) | (~Q(kind="HOURS") & Q(hours=[])),
                name="special_day_hours_match_kind",
            ),
            models.UniqueConstraint(
                fields=("store", "on"), condition=Q(store__isnull=False), name="special_day_once_a_store"
            ),
            models.UniqueConstraint(
                fields=("area", "on"), condition=Q(area__isnull=False), name="special_day_once_an_area"
            ),
            models.UniqueConstraint(
                fields=("on",),
                condition=Q(store__isnull=True, area__isnull=True),
                name="special_day_once_for_all",
            ),
        )
        indexes = (models.Index(F("on"), name="special_day_on"),)

    def __str__(self) -> str:
        return f"{self.on} {self.get_kind_display()}"
