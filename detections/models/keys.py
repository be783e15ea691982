"""Who may call the API: one key or more for each store."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from stores.models import Store


class ApiKey(models.Model):
    """One register's key, or one shared by a store's registers. The secret is shown once and not kept."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("prefix"), max_length=10, unique=True, editable=False)
    secret_digest = models.CharField(max_length=64, editable=False)
    requests_per_minute = models.PositiveIntegerField(
        _("requests a minute"), default=600, validators=[MinValueValidator(1), MaxValueValidator(100_000)]
    )
    replaces = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="replaced_by", editable=False
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = (
            models.CheckConstraint(
                condition=Q(requests_per_minute__range=(1, 100_000)), name="api_key_rate_in_range"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} (kmd_{self.prefix}_…)"


class KeyAddress(models.Model):
    """An address that a key was used from; `refused_at` when it last tried with a key that had ended."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="addresses")
    address = models.GenericIPAddressField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    refused_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("address of a key")
        verbose_name_plural = _("addresses of keys")
        constraints = (models.UniqueConstraint(fields=("key", "address"), name="key_address_once"),)
        indexes = (models.Index(fields=("last_at",), name="key_address_lately"),)

    def __str__(self) -> str:
        return f"{self.key_id} {self.address}"
