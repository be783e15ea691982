"""What became of a person's reviews: how many, in which training sets, and which mistakes went away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, QuerySet

from detections.domain.corrections import Change, changes, corrected
from detections.domain.evaluation.matching import Found, Picture
from detections.domain.outcomes import Fate
from detections.domain.places import Box
from detections.domain.reviews import TEACHES, Marked, Reason, one_a_place
from detections.domain.training.states import UNTRAINED
from detections.models import DetectedLabel, Detection, Review, TrainingEntry
from detections.selectors.evaluating import truths_of
from models_registry.models import ModelVersion
from portal.base.models import User
from stores.models import Store

MOST_REVIEWS = 5_000
"""The newest ones; older ones have long gone into models."""
MOST_CORRECTED, MOST_PICTURES = 1_000, 500
MOST_PROJECTS, MOST_VERSIONS, MOST_LABELS = 2, 3, 12
WRONG = {Reason.WRONG_LABEL, Reason.MISSED, Reason.SPURIOUS, Reason.BAD_BOX}


@dataclass(frozen=True, slots=True)
class Mine:
    """One review that holds: of which photo, and what it said."""

    detection: int
    conclusion: str
    reasons: list[str]
    version: int | None
    project: int | None

    @property
    def corrects(self) -> bool:
        return self.conclusion in TEACHES and bool(WRONG & set(self.reasons))


@dataclass(frozen=True, slots=True)
class Taught:
    """A training set that a person's reviews went into."""

    pk: int
    number: int
    project: str
    version: str
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """A project's versions, oldest first, and the breads that the person corrected on their photos."""

    name: str
    versions: list[ModelVersion]
    rows: list[Change]
    corrections: int


def reviews_of(person: User, stores: QuerySet[Store]) -> list[Mine]:
    """Return a person's newest reviews that hold, of photos of some stores; one query."""
    rows = Review.objects.filter(reviewer=person, number=F("detection__review_number"))
    rows = rows.exclude(conclusion=Review.Conclusion.WITHDRAWN).filter(detection__store__in=stores)
    names = ("detection_id", "conclusion", "reasons", "detection__version", "detection__version__project")
    return [Mine(*row) for row in rows.order_by("-created_at", "-id").values_list(*names)[:MOST_REVIEWS]]


def sets_of(person: User, mine: Iterable[Mine]) -> list[Taught]:
    """Return the training sets that hold a person's reviews, written before it was submitted; one query."""
    entries = TrainingEntry.objects.filter(
        detection__in=[each.detection for each in mine if each.conclusion in TEACHES],
        is_withdrawn=False, detection__reviews__reviewer=person,
        detection__reviews__number=F("detection__review_number"),
        detection__reviews__created_at__lte=F("training_set__submitted_at"),
    ).exclude(training_set__state__in=sorted(UNTRAINED))  # fmt: skip
    of = "training_set"
    names = (of, f"{of}__number", f"{of}__project__name", f"{of}__version_name", f"{of}__state")
    rows = entries.values_list(*names).annotate(count=Count("pk")).order_by(f"-{of}__submitted_at", f"-{of}")
    return [Taught(*row) for row in rows]


def changes_of(mine: list[Mine], taught: Iterable[Taught], stores: QuerySet[Store]) -> list[ProjectChange]:
    """Return, for the projects most corrected, how mistakes with those breads went from version to version.

    About twenty queries: two for each version, and three for the pictures.
    """
    wrong = [each for each in mine if each.corrects and each.project][:MOST_CORRECTED]
    most = Counter(each.project for each in wrong).most_common(MOST_PROJECTS)
    trained = _trained([each.pk for each in taught])
    return [
        _change([each for each in wrong if each.project == project], trained, stores) for project, _ in most
    ]


def _change(wrong: list[Mine], trained: list[ModelVersion], stores: QuerySet[Store]) -> ProjectChange:
    versions = _versions(wrong, trained)
    judged = [_judged(version, stores) for version in versions]
    keys = {each.detection for each in wrong}.union(*(every for _, every in judged))
    pictures = pictures_of(list(Detection.objects.filter(pk__in=keys)))
    counts = corrected(pictures[each.detection] for each in wrong)
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_LABELS]
    sides = [([pictures[pk] for pk in sample], [pictures[pk] for pk in every]) for sample, every in judged]
    return ProjectChange(versions[0].project.name, versions, changes(most, sides), len(wrong))


def _trained(sets: list[int]) -> list[ModelVersion]:
    return list(ModelVersion.objects.filter(training_set__in=sets).select_related("project").order_by("pk"))


def _versions(wrong: list[Mine], trained: list[ModelVersion]) -> list[ModelVersion]:
    """Return the version that was corrected most, and the newest that have learnt from that; oldest first."""
    ((before, _),) = Counter(each.version for each in wrong if each.version).most_common(1)
    first = ModelVersion.objects.select_related("project").get(pk=before)
    later = [each for each in trained if each.project_id == first.project_id and each.pk > first.pk]
    return [first, *later[1 - MOST_VERSIONS :]]


def _judged(version: ModelVersion, stores: QuerySet[Store]) -> tuple[list[int], list[int]]:
    """Return photos by which a version is judged: the newest of the random sample, and the newest of all."""
    rows = Detection.objects.filter(version=version, store__in=stores, verdict__in=sorted(TEACHES))
    newest = rows.order_by("-taken_at", "-id").values_list("pk", flat=True)
    sample = list(newest.filter(audit_turn=0)[:MOST_PICTURES])
    return sample, list({*sample, *newest[:MOST_PICTURES]})


def pictures_of(rows: list[Detection]) -> dict[int, Picture]:
    """Return reviewed photos as truth beside what was shown to the customer; three queries."""
    truths = truths_of(rows)
    shown: dict[int, list[tuple[Marked, float]]] = {row.pk: [] for row in rows}
    fates = (Fate.ACCEPTED.value, Fate.ASK.value)
    boxes: Any = DetectedLabel.objects.filter(detection__in=shown, fate__in=fates, left__isnull=False)
    names = ("detection_id", "label__name", "confidence", "threshold", "left", "top", "width", "height")
    for pk, label, confidence, threshold, *sides in boxes.order_by("id").values_list(*names):
        shown[pk].append((Marked(label, Box(*sides)), confidence - threshold))
    return {
        pk: Picture(
            tuple(truths[pk]), tuple(Found(each.label, 1.0, each.box) for each in one_a_place(places))
        )
        for pk, places in shown.items()
    }
