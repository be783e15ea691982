"""The person who signs in, and the audit trail. What people may see and do is `stores.models.Membership`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

FIRST_EASTERN = 0x1100
"""From here on stand the letters of names that begin with the family: Hangul, kana, kanji."""


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
    currency = models.CharField(
        _("currency"), max_length=3, blank=True, default="", help_text=_("Empty: the franchise's.")
    )

    def get_full_name(self) -> str:
        """Return the name in the order it is written in: in kana and kanji the family's comes first."""
        is_eastern = any(ord(letter) >= FIRST_EASTERN for letter in self.last_name + self.first_name)
        return f"{self.last_name} {self.first_name}".strip() if is_eastern else super().get_full_name()

    @property
    def display_name(self) -> str:
        """The full name with the sign-in name, or the latter alone."""
        full = self.get_full_name()
        return f"{full} ({self.username})" if full else self.username


class AuditEntry(models.Model):
    """One row of a table changed: who, what, before, after, when, from where. Written by `kamado_audit()`.

    Nobody changes or deletes an entry: triggers refuse. What it names is kept as text and as bare keys, so
    that it outlives its object and its actor. `kind` is the table. `before` and `after` hold every column of
    a row made or deleted, the changed ones of a row changed; a secret only says so.
    """

    class Operation(models.TextChoices):
        INSERT = "INSERT", _("made")
        UPDATE = "UPDATE", _("changed")
        DELETE = "DELETE", _("deleted")

    at = models.DateTimeField(_("when"), db_default=Now())
    kind = models.CharField(_("kind"), max_length=63)
    object_key = models.CharField(max_length=64)
    subject = models.TextField(_("what"))
    operation = models.CharField(_("operation"), max_length=6, choices=Operation)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.TextField(_("who"), blank=True)
    origin = models.TextField(_("from where"), blank=True)
    ip = models.GenericIPAddressField(null=True)
    store_id = models.BigIntegerField(null=True)
    area_id = models.BigIntegerField(null=True)
    deployment_id = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        indexes = (
            models.Index(F("at").desc(), F("id").desc(), name="audit_newest"),
            models.Index(F("kind"), F("at").desc(), F("id").desc(), name="audit_by_kind"),
            models.Index(F("kind"), F("object_key"), F("at").desc(), name="audit_by_object"),
            *(
                models.Index(
                    F(name), F("at").desc(), F("id").desc(), name=f"audit_by_{name[:-3]}",
                    condition=models.Q(**{f"{name}__isnull": False}),
                )
                for name in ("actor_id", "store_id", "area_id", "deployment_id", "person_id")
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.operation} {self.subject}"
