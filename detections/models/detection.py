"""The log: photos, every raw box on them, and what was finally sold."""

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Mod, Now
from django.utils.translation import gettext_lazy as _

from detections.domain.outcomes import Fate as FateWord
from detections.domain.outcomes import Outcome as OutcomeWord
from detections.domain.outcomes import Source as SourceWord
from detections.domain.reviews import AUDIT_EVERY, NEAR_POINTS, Risk
from detections.domain.reviews import Conclusion as ConclusionWord
from detections.domain.second import Second as SecondWord
from detections.models.batch import Batch
from detections.models.keys import ApiKey
from detections.models.thresholds import ThresholdSet
from models_registry.models import Deployment, ModelVersion
from stores.models import Store

UNREVIEWED = Q(verdict="", outcome=OutcomeWord.ANSWERED.value, pruned_at__isnull=True) & ~Q(picture_key="")
"""What the gallery shows first: answered photos with their picture, which nobody has judged."""


class Label(models.Model):
    """A label's name, once: the log has tens of millions of boxes."""

    name = models.CharField(_("label"), max_length=255, unique=True)

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")

    def __str__(self) -> str:
        return self.name


class Detection(models.Model):
    """One photo handed in, whatever became of it; written before AWS is asked.

    `at` is when we got it, `taken_at` when the register says it was taken (else `at`): lists are in its
    order. `verdict` and `review_number` are those of the newest review, `second` how far a second opinion
    of it is, empty where none is wanted; `is_unlisted` tells that a bread was accepted which was not
    on the store's price list when the small pictures were made; `risk` says what may be wrong, the
    lowest first; every photo whose `audit_turn` is 0 belongs to the random sample. `smallest_margin` is the
    distance in percentage points between a shown box and its threshold that was least. Counts are of places
    (docs/detections.md). `picture_key` is empty where no picture was kept, or not any more (`pruned_at`).
    `width` and `height` are pixels.
    """

    class Outcome(models.TextChoices):
        PENDING = OutcomeWord.PENDING.value, _("being analysed")
        ANSWERED = OutcomeWord.ANSWERED.value, _("answered")
        WAITING = OutcomeWord.WAITING.value, _("waiting for the model")
        NOT_RUNNING = OutcomeWord.NOT_RUNNING.value, _("model was off")
        NO_MODEL = OutcomeWord.NO_MODEL.value, _("store has no model")
        THROTTLED = OutcomeWord.THROTTLED.value, _("too many at once")
        AWS_DOWN = OutcomeWord.AWS_DOWN.value, _("AWS did not answer")
        AWS_REFUSED = OutcomeWord.AWS_REFUSED.value, _("AWS refused it")
        PICTURE_REFUSED = OutcomeWord.PICTURE_REFUSED.value, _("picture not usable")
        STORAGE_DOWN = OutcomeWord.STORAGE_DOWN.value, _("picture could not be kept")
        INTERRUPTED = OutcomeWord.INTERRUPTED.value, _("interrupted")

    class Source(models.TextChoices):
        REGISTER = SourceWord.REGISTER.value, _("register")
        TILL = SourceWord.TILL.value, _("till page")
        IMPORT = SourceWord.IMPORT.value, _("import")
        BATCH = SourceWord.BATCH.value, _("batch")

    class Verdict(models.TextChoices):
        AI_RIGHT = ConclusionWord.AI_RIGHT.value, _("the model is right")
        REGISTER_RIGHT = ConclusionWord.REGISTER_RIGHT.value, _("the register is right")
        BOTH_WRONG = ConclusionWord.BOTH_WRONG.value, _("both are wrong")
        CANNOT_TELL = ConclusionWord.CANNOT_TELL.value, _("cannot tell from the photo")

    class Second(models.TextChoices):
        WAITING = SecondWord.WAITING.value, _("waits for a second opinion")
        AGREED = SecondWord.AGREED.value, _("two agree")
        DISAGREED = SecondWord.DISAGREED.value, _("two disagree")
        SETTLED = SecondWord.SETTLED.value, _("settled by a third decision")

    # No single-column indexes: those in Meta begin with the same columns.
    store = models.ForeignKey(
        Store, on_delete=models.PROTECT, related_name="detections", db_index=False, verbose_name=_("store")
    )
    deployment = models.ForeignKey(
        Deployment, on_delete=models.SET_NULL, null=True, related_name="detections", db_index=False
    )
    version = models.ForeignKey(
        ModelVersion, on_delete=models.SET_NULL, null=True, related_name="detections", db_index=False
    )
    threshold_set = models.ForeignKey(
        ThresholdSet, on_delete=models.SET_NULL, null=True, related_name="detections", db_index=False
    )
    api_key = models.ForeignKey(
        ApiKey, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    batch = models.ForeignKey(
        Batch, on_delete=models.SET_NULL, null=True, related_name="detections", db_index=False
    )
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    at = models.DateTimeField(_("received"))
    taken_at = models.DateTimeField(_("taken"))
    register = models.CharField(_("register"), max_length=40, blank=True)
    source = models.CharField(_("source"), max_length=8, choices=Source)
    outcome = models.CharField(_("outcome"), max_length=15, choices=Outcome)
    error_code = models.CharField(_("error"), max_length=60, blank=True)
    error_message = models.CharField(max_length=500, blank=True)
    claimed_at = models.DateTimeField(null=True)
    idempotency_key = models.CharField(max_length=100, blank=True)
    request_digest = models.CharField(max_length=64, blank=True)
    picture_name = models.CharField(_("picture"), max_length=300, blank=True)
    picture_key = models.CharField(max_length=300, blank=True)
    picture_sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    picture_bytes = models.PositiveIntegerField(null=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    raw_floor = models.FloatField(default=0)
    total_ms = models.PositiveIntegerField(_("answered in (ms)"), null=True)
    rekognition_ms = models.PositiveIntegerField(_("of which Rekognition (ms)"), null=True)
    accepted_count = models.PositiveSmallIntegerField(_("accepted"), default=0)
    ask_count = models.PositiveSmallIntegerField(_("to be asked"), default=0)
    near_miss_count = models.PositiveSmallIntegerField(_("near misses"), default=0)
    smallest_margin = models.FloatField(_("nearest to a threshold"), null=True)
    is_corrected = models.BooleanField(_("corrected"), default=False)
    is_flagged = models.BooleanField(_("flagged for retraining"), default=False)
    verdict = models.CharField(_("verdict"), max_length=15, blank=True, choices=Verdict)
    review_number = models.PositiveIntegerField(default=0)
    second = models.CharField(
        _("second opinion"), max_length=9, blank=True, default="", db_default="", choices=Second
    )
    picture_hash = models.BigIntegerField(null=True)
    is_unlisted = models.BooleanField(
        _("with a bread not on sale in that store"), default=False, db_default=False
    )
    risk = models.GeneratedField(
        expression=Case(
            When(is_corrected=True, then=Value(Risk.CORRECTED.value)),
            When(ask_count__gt=0, then=Value(Risk.ASKED.value)),
            When(smallest_margin__lte=NEAR_POINTS, then=Value(Risk.NEAR.value)),
            When(is_unlisted=True, then=Value(Risk.UNLISTED.value)),
            When(smallest_margin__isnull=False, then=Value(Risk.FAR.value)),
            default=Value(Risk.NOTHING_SEEN.value),
        ),
        output_field=models.PositiveSmallIntegerField(), db_persist=True,
    )  # fmt: skip
    audit_turn = models.GeneratedField(
        expression=Mod(F("id"), Value(AUDIT_EVERY)),
        output_field=models.PositiveSmallIntegerField(), db_persist=True,
    )  # fmt: skip
    has_small_pictures = models.BooleanField(default=False)
    pruned_at = models.DateTimeField(_("picture deleted"), null=True)

    class Meta:
        verbose_name = _("detection")
        verbose_name_plural = _("detections")
        constraints = (
            models.UniqueConstraint(
                fields=("store", "idempotency_key"), condition=~Q(idempotency_key=""),
                name="detection_once_a_key",
            ),
            models.CheckConstraint(
                condition=~Q(outcome=OutcomeWord.ANSWERED.value)
                | ~Q(picture_sha256="")
                | Q(source=SourceWord.IMPORT.value),
                name="detection_answered_has_picture",
            ),
        )  # fmt: skip
        indexes = (
            models.Index(F("taken_at").desc(), F("id").desc(), name="detection_newest"),
            models.Index(F("store"), F("taken_at").desc(), F("id").desc(), name="detection_store"),
            models.Index(F("deployment"), F("taken_at").desc(), F("id").desc(), name="detection_deployment"),
            models.Index(F("version"), F("taken_at").desc(), F("id").desc(), name="detection_version"),
            models.Index(F("at"), name="detection_received"),
            models.Index(
                F("batch"), F("outcome"), F("id"), name="detection_batch", condition=Q(batch__isnull=False)
            ),
            models.Index(
                F("smallest_margin"), F("taken_at").desc(), F("id").desc(), name="detection_margin",
                condition=Q(smallest_margin__isnull=False),
            ),
            models.Index(
                F("outcome"), F("taken_at").desc(), F("id").desc(), name="detection_not_answered",
                condition=~Q(outcome=OutcomeWord.ANSWERED.value),
            ),
            models.Index(
                F("id").desc(), name="detection_not_small",
                condition=Q(has_small_pictures=False) & ~Q(picture_key=""),
            ),
            models.Index(
                F("deployment"), F("taken_at"), name="detection_prunable",
                condition=Q(is_flagged=False, is_corrected=False) & ~Q(picture_key=""),
            ),
            models.Index(
                F("pruned_at"), name="detection_half_pruned",
                condition=Q(pruned_at__isnull=False) & ~Q(picture_key=""),
            ),
            models.Index(
                F("taken_at").desc(), F("id").desc(), name="detection_flagged", condition=Q(is_flagged=True),
            ),
            models.Index(
                F("store"), F("taken_at").desc(), F("id").desc(), name="detection_store_corrected",
                condition=Q(is_corrected=True),
            ),
            models.Index(
                F("taken_at").desc(), F("id").desc(), name="detection_corrected",
                condition=Q(is_corrected=True),
            ),
            models.Index(
                F("error_code"), F("taken_at").desc(), F("id").desc(), name="detection_error",
                condition=~Q(error_code=""),
            ),
            models.Index(
                F("risk"), F("smallest_margin"), F("taken_at").desc(), F("id").desc(),
                name="detection_risk", condition=UNREVIEWED,
            ),
            models.Index(
                F("store"), F("risk"), F("smallest_margin"), F("taken_at").desc(), F("id").desc(),
                name="detection_store_risk", condition=UNREVIEWED,
            ),
            models.Index(
                F("taken_at").desc(), F("id").desc(), name="detection_audit", condition=Q(audit_turn=0),
            ),
            models.Index(
                F("verdict"), F("taken_at").desc(), F("id").desc(), name="detection_verdict",
                condition=~Q(verdict=""),
            ),
            models.Index(
                F("second"), F("taken_at").desc(), F("id").desc(), name="detection_second",
                condition=~Q(second=""),
            ),
            models.Index(
                F("id"), name="detection_without_hash",
                condition=Q(picture_hash__isnull=True, pruned_at__isnull=True) & ~Q(picture_key=""),
            ),
            # Photos from registers are nearly all: they are found along the whole log.
            models.Index(
                F("source"), F("taken_at").desc(), F("id").desc(), name="detection_source",
                condition=~Q(source=SourceWord.REGISTER.value),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.store_id} {self.taken_at:%Y-%m-%d %H:%M:%S}"

    @property
    def has_picture(self) -> bool:
        return bool(self.picture_key) and self.pruned_at is None


class DetectedLabel(models.Model):
    """One raw box: label, confidence (percent), place as shares of the picture, and what became of it.

    `threshold` is the one in force then. Store and instant are the detection's, repeated here so that a
    label's boxes are found without walking the whole log.
    """

    class Fate(models.TextChoices):
        ACCEPTED = FateWord.ACCEPTED.value, _("accepted")
        ASK = FateWord.ASK.value, _("to be asked")
        NEAR_MISS = FateWord.NEAR_MISS.value, _("near miss")
        DUPLICATE = FateWord.DUPLICATE.value, _("same bread again")
        HIDDEN = FateWord.HIDDEN.value, _("below threshold")

    id = models.BigAutoField(primary_key=True)
    detection = models.ForeignKey(Detection, on_delete=models.CASCADE, related_name="labels")
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="+", db_index=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_index=False)
    taken_at = models.DateTimeField()
    confidence = models.FloatField(_("confidence"))
    left = models.FloatField(null=True)
    top = models.FloatField(null=True)
    width = models.FloatField(null=True)
    height = models.FloatField(null=True)
    threshold = models.FloatField(_("threshold"))
    fate = models.CharField(_("fate"), max_length=1, choices=Fate)

    class Meta:
        verbose_name = _("detected label")
        verbose_name_plural = _("detected labels")
        constraints = (
            models.CheckConstraint(
                condition=Q(left__isnull=True, top__isnull=True, width__isnull=True, height__isnull=True)
                | Q(left__isnull=False, top__isnull=False, width__isnull=False, height__isnull=False),
                name="detected_label_whole_box",
            ),
        )
        indexes = (
            models.Index(
                F("label"), F("taken_at").desc(), F("detection").desc(), name="detected_label_newest",
            ),
            models.Index(
                F("label"), F("store"), F("taken_at").desc(), F("detection").desc(),
                name="detected_label_store",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.label_id} {self.confidence:.1f}"


class Correction(models.Model):
    """What the register finally sold; append-only, the newest holds.

    `items` is [{"label", "box" or null}], `differs` whether it is not what was accepted.
    """

    detection = models.ForeignKey(Detection, on_delete=models.CASCADE, related_name="corrections")
    items = models.JSONField(default=list)
    differs = models.BooleanField()
    register = models.CharField(max_length=40, blank=True)
    api_key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        indexes = (models.Index(F("detection"), F("id").desc(), name="correction_newest"),)

    def __str__(self) -> str:
        return f"{self.detection_id} {self.created_at:%Y-%m-%d %H:%M:%S}"
