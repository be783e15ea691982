"""What a person wants to be told, and when not."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.domain.kinds import Severity
from alerts.domain.sentences import SEVERITIES

LAST_MINUTE = 24 * 60 - 1


class NotificationWishes(models.Model):
    """One row for a person who changed something; everybody else has the defaults.

    `least` is empty for somebody who wants no mails of alerts. An empty zone is that of the person's stores.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_wishes"
    )
    least = models.CharField(
        _("mails about alerts"), max_length=8, blank=True, default=Severity.WARNING.value,
        choices=[(each.value, SEVERITIES[each]) for each in Severity],
    )  # fmt: skip
    quiet_from = models.PositiveSmallIntegerField(default=22 * 60)
    quiet_until = models.PositiveSmallIntegerField(default=6 * 60)
    timezone = models.CharField(_("time zone"), max_length=50, blank=True)
    critical_breaks_quiet = models.BooleanField(_("critical alerts come in quiet hours, too"), default=True)
    wants_digest = models.BooleanField(_("weekly mail"), default=True)

    class Meta:
        verbose_name = _("notification settings")
        verbose_name_plural = _("notification settings")
        constraints = (
            models.CheckConstraint(
                condition=Q(quiet_from__lte=LAST_MINUTE, quiet_until__lte=LAST_MINUTE),
                name="wishes_minutes_of_a_day",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user}"
