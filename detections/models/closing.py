"""Questions before closing: one for each planned stop of a store's model while trays were still coming."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from detections.domain.closing import Answer, How
from stores.models import Store


class CloseQuestion(models.Model):
    """For which stop it was asked, and what was answered by whom. No answer: the plan held.

    `opens_on` is the date whose weekly hours end with this stop; empty where something else decides it.
    """

    class Reply(models.TextChoices):
        NONE = "", _("no answer")
        LATER = Answer.LATER.value, _("an hour longer")
        AS_PLANNED = Answer.AS_PLANNED.value, _("close as planned")
        ALWAYS = Answer.ALWAYS.value, _("always later on this weekday")

    class Way(models.TextChoices):
        NONE = "", "–"
        PAGE = How.PAGE.value, _("on the page")
        MAIL = How.MAIL.value, _("by mail")

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="close_questions")
    stop_at = models.DateTimeField(_("planned stop"))
    asked_at = models.DateTimeField(_("asked"))
    trays = models.PositiveIntegerField(_("trays"))
    opens_on = models.DateField(null=True)
    told_at = models.DateTimeField(_("told"), null=True)
    answer = models.CharField(_("answer"), max_length=10, choices=Reply, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    how = models.CharField(_("how"), max_length=4, choices=Way, blank=True)

    class Meta:
        verbose_name = _("question before closing")
        verbose_name_plural = _("questions before closing")
        constraints = (
            models.UniqueConstraint(fields=("store", "stop_at"), name="close_question_once_a_stop"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="close_question_answer_has_instant",
            ),
        )
        indexes = (models.Index(F("stop_at"), condition=Q(answer=""), name="close_question_open"),)

    def __str__(self) -> str:
        return f"{self.store_id} {self.stop_at:%Y-%m-%d %H:%M} UTC"
