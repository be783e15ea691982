"""Files of the history that somebody asked for, written by a worker."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from detections.domain import exports as words

OPEN = sorted(state.value for state in words.OPEN)


class Export(models.Model):
    """One file, written in parts: `parts` is [[attempt, parts it wrote], …], `cursor` where the next begins.

    `attempt` counts how often a worker took it up, and is the claim: whoever holds the highest number
    writes. `tries` counts those since the last part. A lease that is empty or over lets the next one begin.
    `estimate` is in photos, `rows_written` in rows of the file. `message` is an English sentence.
    """

    class Format(models.TextChoices):
        CSV = words.Format.CSV.value, _("CSV (Excel)")
        JSONL = words.Format.JSONL.value, _("JSON Lines")

    class Shape(models.TextChoices):
        PHOTOS = words.Shape.PHOTOS.value, _("one row a photo")
        BOXES = words.Shape.BOXES.value, _("one row a box")

    class State(models.TextChoices):
        WAITING = words.State.WAITING.value, _("waiting")
        RUNNING = words.State.RUNNING.value, _("being written")
        DONE = words.State.DONE.value, _("ready")
        FAILED = words.State.FAILED.value, _("failed")
        CANCELLED = words.State.CANCELLED.value, _("cancelled")

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="exports"
    )
    format = models.CharField(_("File"), max_length=5, choices=Format)
    shape = models.CharField(_("Rows"), max_length=6, choices=Shape)
    query = models.CharField(max_length=2000, blank=True)
    state = models.CharField(max_length=9, choices=State, default=words.State.WAITING.value)
    file_key = models.CharField(max_length=100, unique=True)
    parts = models.JSONField(default=list)
    cursor = models.CharField(max_length=200, blank=True)
    photos_written = models.PositiveBigIntegerField(default=0)
    rows_written = models.PositiveBigIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    estimate = models.PositiveBigIntegerField(null=True)
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    message = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=OPEN, ended_at__isnull=True, expires_at__isnull=True)
                | (~Q(state__in=OPEN) & Q(ended_at__isnull=False, expires_at__isnull=False)),
                name="export_ended_expires",
            ),
        )
        indexes = (
            models.Index(F("author"), F("created_at").desc(), F("id").desc(), name="export_newest"),
            models.Index(F("created_at"), name="export_open", condition=Q(ended_at__isnull=True)),
            models.Index(F("expires_at"), name="export_expires", condition=Q(expires_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.format} {self.created_at:%Y-%m-%d %H:%M}"
