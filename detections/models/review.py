"""What analysts say of photos: append-only, the newest holds; and what was done to many at once."""

from django.conf import settings
from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from detections.domain.reviews import Conclusion as ConclusionWord
from detections.domain.reviews import Reason as ReasonWord
from detections.models.detection import Detection, Label


class Review(models.Model):
    """One opinion. `number` counts a photo's reviews from 1: of two who saw the same one, one may write.

    `token` is made by the page, so that a decision sent twice is written once. `reasons` is a list of Reason.
    """

    class Conclusion(models.TextChoices):
        AI_RIGHT = ConclusionWord.AI_RIGHT.value, _("the model is right")
        REGISTER_RIGHT = ConclusionWord.REGISTER_RIGHT.value, _("the register is right")
        BOTH_WRONG = ConclusionWord.BOTH_WRONG.value, _("both are wrong")
        CANNOT_TELL = ConclusionWord.CANNOT_TELL.value, _("cannot tell from the photo")
        WITHDRAWN = ConclusionWord.WITHDRAWN.value, _("taken back")

    class Reason(models.TextChoices):
        WRONG_LABEL = ReasonWord.WRONG_LABEL.value, _("wrong label")
        MISSED = ReasonWord.MISSED.value, _("missed")
        SPURIOUS = ReasonWord.SPURIOUS.value, _("nothing there")
        BAD_BOX = ReasonWord.BAD_BOX.value, _("bad box")
        BAD_PHOTO = ReasonWord.BAD_PHOTO.value, _("bad photo")

    detection = models.ForeignKey(Detection, on_delete=models.CASCADE, related_name="reviews", db_index=False)
    number = models.PositiveIntegerField(_("number"))
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    conclusion = models.CharField(_("conclusion"), max_length=15, choices=Conclusion)
    reasons = models.JSONField(_("reasons"), default=list)
    token = models.UUIDField(unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        constraints = (models.UniqueConstraint(fields=("detection", "number"), name="review_number_once"),)
        indexes = (models.Index(F("reviewer"), F("created_at").desc(), name="review_of_person"),)

    def __str__(self) -> str:
        return f"{self.detection_id}/{self.number} {self.conclusion}"


class Annotation(models.Model):
    """One true box of a review, as shares of the picture."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="annotations")
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="+")
    left = models.FloatField()
    top = models.FloatField()
    width = models.FloatField()
    height = models.FloatField()

    class Meta:
        verbose_name = _("true box")
        verbose_name_plural = _("true boxes")

    def __str__(self) -> str:
        return f"{self.review_id} {self.label_id}"


class SecondOpinion(models.Model):
    """What another person says of a reviewed photo without having seen the review; changes no verdict.

    Appended and numbered for each review; the newest holds. `marked` is [{"label", "box": four shares}].
    """

    review = models.ForeignKey(
        Review, on_delete=models.CASCADE, related_name="second_opinions", db_index=False
    )
    number = models.PositiveIntegerField(_("number"))
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    conclusion = models.CharField(_("conclusion"), max_length=15, choices=Review.Conclusion)
    marked = models.JSONField(default=list)
    agrees = models.BooleanField()
    token = models.UUIDField(unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("second opinion")
        verbose_name_plural = _("second opinions")
        constraints = (
            models.UniqueConstraint(fields=("review", "number"), name="second_opinion_number_once"),
        )

    def __str__(self) -> str:
        return f"{self.review_id}/{self.number} {self.conclusion}"


class ReviewAssignment(models.Model):
    """A photo that somebody is asked to review."""

    detection = models.OneToOneField(Detection, on_delete=models.CASCADE, related_name="assignment")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("assigned photo")
        verbose_name_plural = _("assigned photos")

    def __str__(self) -> str:
        return f"{self.detection_id} {self.reviewer_id}"


class BulkAct(models.Model):
    """What was done to many photos at once.

    `before` is [[photo, flagged, review number], …] for undoing, [[photo, reviewer or null], …] of an
    assignment.
    """

    class Kind(models.TextChoices):
        FLAG = "FLAG", _("flagged")
        UNFLAG = "UNFLAG", _("flag taken back")
        ACCEPT = "ACCEPT", _("model confirmed")
        CANNOT_TELL = "CANNOT_TELL", _("set aside as not to be told")
        ASSIGN = "ASSIGN", _("assigned")

    kind = models.CharField(_("act"), max_length=12, choices=Kind)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    before = models.JSONField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("act on many photos")
        verbose_name_plural = _("acts on many photos")

    def __str__(self) -> str:
        return f"{self.kind} {len(self.before)}"
