"""What a person wishes to be told."""

from __future__ import annotations

from datetime import time
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from alerts.domain.kinds import Severity
from alerts.domain.quiet import Wishes

LEAST = (
    (Severity.INFO.value, _("Everything")),
    (Severity.WARNING.value, _("Warnings and critical alerts")),
    (Severity.CRITICAL.value, _("Critical alerts only")),
    ("", _("No mails about alerts")),
)
CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class WishesForm(forms.Form):
    """Severities, quiet hours and the weekly mail."""

    least = forms.ChoiceField(label=_("Mails about alerts"), choices=LEAST, required=False)
    quiet_from = forms.TimeField(label=_("Quiet from"), widget=CLOCK)
    quiet_until = forms.TimeField(
        label=_("Quiet until"), widget=CLOCK, help_text=_("The same time twice means no quiet hours.")
    )
    timezone = forms.CharField(label=_("Time zone"), max_length=50, help_text=_("Such as Asia/Tokyo."))
    critical_breaks_quiet = forms.BooleanField(
        label=_("Critical alerts come in quiet hours, too"), required=False
    )
    wants_digest = forms.BooleanField(label=_("A weekly mail on Monday morning"), required=False)

    @classmethod
    def of(cls, data: Any, wishes: Wishes, *, wants_digest: bool) -> WishesForm:
        """Make the form with what holds now."""
        return cls(
            data,
            initial={
                "least": wishes.least.value if wishes.least else "",
                "quiet_from": _clock(wishes.quiet_from),
                "quiet_until": _clock(wishes.quiet_until),
                "timezone": wishes.timezone,
                "critical_breaks_quiet": wishes.critical_breaks_quiet,
                "wants_digest": wants_digest,
            },
        )

    def clean_timezone(self) -> str:
        """Refuse a zone that nobody knows."""
        name = str(self.cleaned_data["timezone"]).strip()
        if name not in available_timezones():
            raise ValidationError(_("This time zone is not known. Write it like Asia/Tokyo."))
        return name

    @property
    def row(self) -> dict[str, Any]:
        """Return the columns of `NotificationWishes`."""
        said = self.cleaned_data
        return {
            "least": said["least"],
            "quiet_from": _minute(said["quiet_from"]),
            "quiet_until": _minute(said["quiet_until"]),
            "timezone": said["timezone"],
            "critical_breaks_quiet": said["critical_breaks_quiet"],
            "wants_digest": said["wants_digest"],
        }


def _clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute
