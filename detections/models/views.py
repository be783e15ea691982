"""Filters of the history that somebody gave a name."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """A name for the filters of an address; `is_shared` shows it to everybody who sees the history.

    What it shows is what the reader may see: a view carries filters, no rights.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views", db_index=False
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=2000, blank=True)
    is_shared = models.BooleanField(_("shared"), default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = (models.UniqueConstraint(fields=("owner", "name"), name="saved_view_name_once"),)
        indexes = (models.Index(F("name"), name="saved_view_shared", condition=Q(is_shared=True)),)

    def __str__(self) -> str:
        return self.name
