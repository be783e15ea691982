"""Edits that a store's people made to its rules, each with what stood before, so that it can be undone."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from stores.models import Store


class StoreEdit(models.Model):
    """One edit. `before` and `after` hold the parts it touched, as `services.edit_parts` writes them."""

    class Kind(models.TextChoices):
        OPEN_LATE = "OPEN_LATE", _("Open late")
        CLOSE_EARLY = "CLOSE_EARLY", _("Closing early")
        SPECIAL_DAY = "SPECIAL_DAY", _("Special day")
        WEEK = "WEEK", _("The week")

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="edits")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    said = models.CharField(_("said"), max_length=200)
    at = models.DateTimeField(_("at"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    undone_at = models.DateTimeField(_("undone"), null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("edit of a store")
        verbose_name_plural = _("edits of stores")
        indexes = (
            models.Index(
                F("store"), F("at").desc(), condition=Q(undone_at__isnull=True), name="store_edit_newest"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M} UTC"
