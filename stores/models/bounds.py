"""What headquarters allows owners and area managers."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from stores.domain.hours import MAX_BUFFER_MINUTES
from stores.models.store import Area, Store


class Bounds(models.Model):
    """The bounds of one scope: all stores (both empty), an area, or a store.

    Empty fields leave the wider scope's word.
    """

    area = models.ForeignKey(
        Area, on_delete=models.CASCADE, null=True, blank=True, related_name="bounds", verbose_name=_("area")
    )
    store = models.ForeignKey(
        Store, on_delete=models.CASCADE, null=True, blank=True, related_name="bounds", verbose_name=_("store")
    )
    latest_closing_minute = models.PositiveSmallIntegerField(
        _("latest closing"), null=True, blank=True, validators=[MaxValueValidator(2_880)]
    )
    most_open_minutes = models.PositiveSmallIntegerField(
        _("most open a week"), null=True, blank=True, validators=[MaxValueValidator(10_080)]
    )
    least_buffer_minutes = models.PositiveSmallIntegerField(
        _("least minutes around opening"), null=True, blank=True,
        validators=[MaxValueValidator(MAX_BUFFER_MINUTES)],
    )  # fmt: skip
    most_buffer_minutes = models.PositiveSmallIntegerField(
        _("most minutes around opening"), null=True, blank=True,
        validators=[MaxValueValidator(MAX_BUFFER_MINUTES)],
    )  # fmt: skip
    may_override = models.BooleanField(_("may open late"), null=True, blank=True)
    ask_from_trays = models.PositiveSmallIntegerField(
        _("ask before closing from trays"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField(_("changed"), db_default=Now())

    class Meta:
        verbose_name = _("bounds")
        verbose_name_plural = _("bounds")
        constraints = (
            models.CheckConstraint(
                condition=Q(area__isnull=True) | Q(store__isnull=True), name="bounds_one_scope"
            ),
            models.UniqueConstraint(
                fields=("area", "store"), nulls_distinct=False, name="bounds_once_a_scope"
            ),
            models.CheckConstraint(
                condition=Q(least_buffer_minutes__isnull=True)
                | Q(most_buffer_minutes__isnull=True)
                | Q(least_buffer_minutes__lte=F("most_buffer_minutes")),
                name="bounds_buffers_ordered",
            ),
        )

    def __str__(self) -> str:
        return str(self.store or self.area or _("all stores"))
