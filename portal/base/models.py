"""The person who signs in. What they may see and do is `stores.models.Membership`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class MailField(models.EmailField):  # type: ignore[type-arg]  # Django's is not generic at run time
    """A mail address; capitals make no difference, so they are neither kept nor looked for."""

    def get_prep_value(self, value: Any) -> Any:
        found = super().get_prep_value(value)
        return found.lower() if isinstance(found, str) else found


class User(AbstractUser):
    """A person with a sign-in; the role and scope live in memberships."""

    email = MailField(_("email address"), blank=True)
    language = models.CharField(
        _("language of mails"), max_length=5, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
