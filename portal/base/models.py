"""The person who signs in. What they may see and do is `stores.models.Membership`."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person with a sign-in; the role and scope live in memberships."""

    language = models.CharField(
        _("language of mails"), max_length=5, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    currency = models.CharField(
        _("currency"), max_length=3, blank=True, default="", help_text=_("Empty: the franchise's.")
    )
