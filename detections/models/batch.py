"""Pictures handed in by the hundred for one deployment."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from detections.domain.batches import ENDED
from detections.domain.batches import BatchState as StateWord
from models_registry.models import Deployment, Override
from stores.models import Store


class Batch(models.Model):
    """One zip. `read_upto` of its `entries` have been looked at; `refused` is [[name, reason], …].

    Its pictures are Detections. `override` keeps the model running while there is something to do.
    """

    class State(models.TextChoices):
        READING = StateWord.READING.value, _("unpacking")
        RUNNING = StateWord.RUNNING.value, _("analysing")
        PAUSED = StateWord.PAUSED.value, _("paused")
        DONE = StateWord.DONE.value, _("done")
        CANCELLED = StateWord.CANCELLED.value, _("cancelled")
        FAILED = StateWord.FAILED.value, _("could not be read")

    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="batches")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", verbose_name=_("store"))
    name = models.CharField(_("name"), max_length=120)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    source_key = models.CharField(max_length=300)
    starts_model = models.BooleanField(default=False)
    override = models.ForeignKey(Override, on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.READING)
    entries = models.PositiveIntegerField(default=0)
    read_upto = models.PositiveIntegerField(default=0)
    refused = models.JSONField(default=list)
    message = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(_("handed in"), db_default=Now(), editable=False)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        indexes = (models.Index("state", name="batch_open", condition=~Q(state__in=sorted(ENDED))),)

    def __str__(self) -> str:
        return self.name
