"""Places other than a mailbox that are told of alerts."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from alerts.domain.kinds import Severity
from alerts.domain.sentences import SEVERITIES
from stores.models import Area, Store


class Channel(models.Model):
    """One place of headquarters (both scopes empty), an area or a store. Addresses are kept sealed."""

    class Kind(models.TextChoices):
        SLACK = "SLACK", "Slack"
        WORKFLOWS = "WORKFLOWS", "Microsoft Teams"
        LINE = "LINE", "LINE"
        SNS = "SNS", _("SMS (Amazon SNS)")
        WEBHOOK = "WEBHOOK", _("Signed webhook")

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    sealed_address = models.TextField(editable=False)
    sealed_secret = models.TextField(blank=True, editable=False, help_text="What webhooks are signed with.")
    hint = models.CharField(max_length=120, blank=True, help_text="What of the address may be shown.")
    area = models.ForeignKey(Area, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("area"))
    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("store"))
    language = models.CharField(
        _("language"), max_length=5, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    least = models.CharField(
        _("from severity"), max_length=8, default=Severity.WARNING.value,
        choices=[(each.value, SEVERITIES[each]) for each in Severity],
    )  # fmt: skip
    is_active = models.BooleanField(_("active"), default=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        constraints = (
            models.CheckConstraint(
                condition=Q(area__isnull=True) | Q(store__isnull=True), name="channel_one_scope"
            ),
        )

    def __str__(self) -> str:
        return self.name
