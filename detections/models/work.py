"""Work on many photos that a worker does and can be stopped at any point: batches, exports."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from models_registry.models import Deployment
from stores.models import Store


class Batch(models.Model):
    """Pictures handed in at once for one deployment; each is a Detection of this batch.

    `override` is the dated word that lit the model for it, taken back at the end.
    """

    class State(models.TextChoices):
        READING = "READING", _("reading the pictures")
        RUNNING = "RUNNING", _("analysing")
        PAUSED = "PAUSED", _("paused")
        DONE = "DONE", _("done")
        CANCELLED = "CANCELLED", _("cancelled")
        FAILED = "FAILED", _("failed")

    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="batches")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    name = models.CharField(_("name"), max_length=120)
    source = models.CharField(_("from"), max_length=1300)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.READING)
    problem = models.TextField(blank=True)
    stops_model = models.BooleanField(_("stop the model afterwards"), default=True)
    override = models.ForeignKey(
        "models_registry.Override", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    pictures = models.PositiveIntegerField(_("pictures"), default=0)
    refused = models.JSONField(default=list)
    created_at = models.DateTimeField(_("handed in"), db_default=Now(), editable=False)
    started_at = models.DateTimeField(_("first analysed"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")

    def __str__(self) -> str:
        return self.name


class Export(models.Model):
    """A file that a worker writes from a filtered history, with its progress."""

    class Format(models.TextChoices):
        CSV = "CSV", "CSV"
        JSONL = "JSONL", "JSON Lines"

    class State(models.TextChoices):
        WAITING = "WAITING", _("waiting")
        RUNNING = "RUNNING", _("being written")
        DONE = "DONE", _("ready")
        FAILED = "FAILED", _("failed")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exports")
    format = models.CharField(_("format"), max_length=5, choices=Format)
    query = models.TextField(blank=True)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    claimed_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    estimate = models.PositiveIntegerField(null=True)
    key = models.CharField(max_length=300, blank=True)
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(_("asked for"), db_default=Now(), editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")

    def __str__(self) -> str:
        return f"{self.format} {self.pk}"
