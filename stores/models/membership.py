"""Who may see and do what: user × role × scope."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from stores.models.store import Area, Store


class Role(models.TextChoices):
    """What a person is to the franchise."""

    HQ = "HQ", _("Headquarters")
    AREA_MANAGER = "AREA_MANAGER", _("Area manager")
    OWNER = "OWNER", _("Store owner")
    ANALYST = "ANALYST", _("Analyst")
    VIEWER = "VIEWER", _("Viewer")


class Membership(models.Model):
    """One role of one person; both scopes empty means the whole franchise."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=12, choices=Role)
    area = models.ForeignKey(Area, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("area"))
    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("store"))
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = (
            models.CheckConstraint(
                condition=Q(area__isnull=True) | Q(store__isnull=True), name="membership_one_scope"
            ),
            models.UniqueConstraint(
                fields=("user", "role", "area", "store"),
                nulls_distinct=False,
                name="membership_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"
