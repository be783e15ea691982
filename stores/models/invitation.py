"""Invitations by mail: the link makes an account with one role."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from stores.models.membership import Role
from stores.models.store import Area, Store


class Invitation(models.Model):
    """A role that waits for somebody to make their account.

    The link in the mail holds `nonce`: sending it again makes a new one, so that only the newest link works.
    Both scopes empty means the whole franchise. `sent_at` is empty while no mail server has taken the mail.
    """

    email = models.EmailField(_("mail address"))
    language = models.CharField(_("language of mails"), max_length=5, choices=settings.LANGUAGES)
    role = models.CharField(_("role"), max_length=12, choices=Role)
    area = models.ForeignKey(Area, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("area"))
    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("store"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    nonce = models.CharField(max_length=32)
    created_at = models.DateTimeField(_("invited"), db_default=Now(), editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True)
    expires_at = models.DateTimeField(_("expires"))
    accepted_at = models.DateTimeField(_("accepted"), null=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = (
            models.CheckConstraint(
                condition=Q(area__isnull=True) | Q(store__isnull=True), name="invitation_one_scope"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(withdrawn_at__isnull=True),
                name="invitation_ends_once",
            ),
        )
        indexes = (
            models.Index(
                F("created_at").desc(), F("id").desc(), name="invitation_open",
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.email
