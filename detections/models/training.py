"""What models are taught: pictures brought along, submitted sets, and each picture in them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from detections.domain.training.pictures import Split as SplitWord
from detections.domain.training.states import ENDED
from detections.domain.training.states import SetState as StateWord
from detections.models.detection import Detection
from models_registry.models import ModelVersion, Project


class Split(models.TextChoices):
    """The two datasets of a project."""

    TRAIN = SplitWord.TRAIN.value, _("to learn from")
    TEST = SplitWord.TEST.value, _("to judge by")


class BroughtPicture(models.Model):
    """A labelled picture from elsewhere: its s3:// address, its size as it is seen, and its boxes.

    `marked` is [[label, left, top, width, height], …] in shares of the picture, exactly as they came. Whoever
    chose the side: `is_split_fixed` is true where the source did, else near-identical pictures go together.
    `looked_at` is when the picture itself was read for its hash; `problem` says why it could not be.
    `searched_at` is when a person last looked it through for breads without a box. One that was taken out
    stays, so that it can be put back.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="brought")
    source = models.CharField(max_length=1300)
    split = models.CharField(max_length=5, choices=Split)
    is_split_fixed = models.BooleanField(default=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    marked = models.JSONField(default=list)
    origin = models.CharField(max_length=300, blank=True)
    picture_hash = models.BigIntegerField(null=True)
    looked_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)
    searched_at = models.DateTimeField(null=True)
    taken_out_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("brought picture")
        verbose_name_plural = _("brought pictures")
        constraints = (models.UniqueConstraint(fields=("project", "source"), name="brought_once"),)
        indexes = (models.Index(F("project"), F("id").desc(), name="brought_newest"),)

    def __str__(self) -> str:
        return self.source


class LabelledImport(models.Model):
    """A file of labelled pictures between its dry run and somebody's yes.

    `report` is what the dry run said; `source_key` is where the file is kept until then.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    name = models.CharField(max_length=200)
    source_key = models.CharField(max_length=300)
    split = models.CharField(max_length=5, choices=Split, blank=True)
    report = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("import of labelled pictures")
        verbose_name_plural = _("imports of labelled pictures")

    def __str__(self) -> str:
        return self.name


class TrainingSet(models.Model):
    """A frozen list of pictures with their boxes, and how far its training is.

    `sent` counts entries that AWS has taken, in the order of their keys. `lease_until` keeps two workers from
    doing one step at once: an economy, each step may be done twice.
    """

    class State(models.TextChoices):
        COPYING = StateWord.COPYING.value, _("copying pictures")
        SENDING = StateWord.SENDING.value, _("sending to AWS")
        CHECKING = StateWord.CHECKING.value, _("AWS checks")
        HELD = StateWord.HELD.value, _("waits for you")
        ORDERING = StateWord.ORDERING.value, _("ordering the training")
        TRAINING = StateWord.TRAINING.value, _("training")
        EVALUATING = StateWord.EVALUATING.value, _("reading the evaluation")
        DONE = StateWord.DONE.value, _("done")
        FAILED = StateWord.FAILED.value, _("failed")
        CANCELLED = StateWord.CANCELLED.value, _("cancelled")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="training_sets")
    number = models.PositiveIntegerField(_("number"))
    digest = models.CharField(max_length=64)
    version_name = models.CharField(_("version"), max_length=255)
    version = models.OneToOneField(
        ModelVersion, on_delete=models.SET_NULL, null=True, related_name="training_set"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.COPYING)
    state_since = models.DateTimeField()
    submitted_at = models.DateTimeField(_("submitted"))
    ended_at = models.DateTimeField(null=True)
    entry_count = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    sendings = models.PositiveSmallIntegerField(default=1)
    goes_on = models.BooleanField(default=False, help_text="A person has seen what AWS refuses.")
    lease_until = models.DateTimeField(null=True)
    message = models.TextField(blank=True)

    class Meta:
        verbose_name = _("training set")
        verbose_name_plural = _("training sets")
        constraints = (
            models.UniqueConstraint(fields=("project", "number"), name="training_set_number"),
            models.UniqueConstraint(
                fields=("project",), condition=~Q(state__in=sorted(ENDED)), name="training_set_one_open"
            ),
        )

    def __str__(self) -> str:
        return f"{self.project} {self.number}"


class TrainingEntry(models.Model):
    """One picture of a set, exactly as AWS gets it. `copied_from` is where it came from, if elsewhere.

    A withdrawn one stood in an earlier set: AWS cannot delete a line, so it is sent without boxes.
    """

    training_set = models.ForeignKey(TrainingSet, on_delete=models.CASCADE, related_name="entries")
    detection = models.ForeignKey(Detection, on_delete=models.SET_NULL, null=True, related_name="+")
    split = models.CharField(max_length=5, choices=Split)
    source = models.CharField(max_length=1300)
    copied_from = models.CharField(max_length=1300, blank=True)
    is_copied = models.BooleanField(default=False)
    line = models.TextField()
    is_withdrawn = models.BooleanField(default=False)
    problems = models.JSONField(default=list)

    class Meta:
        verbose_name = _("picture of a training set")
        verbose_name_plural = _("pictures of training sets")
        constraints = (
            models.UniqueConstraint(fields=("training_set", "split", "source"), name="training_entry_once"),
        )

    def __str__(self) -> str:
        return self.source
