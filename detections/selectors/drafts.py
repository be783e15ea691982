"""The draft of a project's next training set: everything reviewed or brought along, checked and priced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256

from django.conf import settings
from django.db.models import Count, QuerySet

from detections.domain.training.balance import Balance, balance_of
from detections.domain.training.checking import Check, Finding, check_set
from detections.domain.training.pictures import Labelled, Split
from detections.domain.training.searching import labels_on, unsearched_in
from detections.domain.training.sets import (
    Difference,
    Entry,
    Expectation,
    Place,
    by_split,
    difference,
    expected_length,
)
from detections.models import BroughtPicture, TrainingEntry, TrainingSet
from detections.selectors.brought import brought_rows, key_of, picture_of, scene_of
from detections.selectors.teaching import Taught, taught
from models_registry.domain.billing import rate_at, usd_for
from models_registry.domain.objects import Place as ObjectPlace
from models_registry.domain.objects import place_of
from models_registry.models import Evaluation, ModelVersion, PriceRate, Project
from models_registry.selectors.spend import dated_rates
from portal.base.errors import NotFound


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be submitted now. `without_boxes` photos show no bread, so AWS learns nothing from them."""

    entries: tuple[Entry, ...]
    without_boxes: int
    findings: tuple[Finding, ...]
    change: Difference
    balance: tuple[Balance, ...]
    unsearched: Mapping[str, Sequence[Entry]]
    expected: Expectation | None

    @property
    def is_blocked(self) -> bool:
        """Tell whether AWS would refuse it."""
        return any(each.blocks for each in self.findings)

    def count(self, split: Split) -> int:
        """Return how many pictures are on a side."""
        return sum(each.split is split for each in self.entries)


def draft_of(project: Project, *, at: datetime) -> Draft:
    """Return the draft of a project. Four queries for 500 reviewed photos, and six more."""
    found = content_of(project)
    entries = tuple(each for each in found.entries if each.picture.marked)
    before, new = lines_before(project), {each.place: each.line for each in entries}
    sides, unsearched = by_split(entries), unsearched_in(entries, labels_on(before.values()))
    overlooked = [
        Finding(Check.MAY_BE_UNLABELLED, label, count=len(old)) for label, old in unsearched.items()
    ]
    findings = check_set(sides, [*found.findings, *overlooked])
    return Draft(
        entries,
        len(found.entries) - len(entries),
        tuple(findings),
        difference(before, new),
        tuple(balance_of(sides)),
        unsearched,
        _expected(project, sum(each.split is Split.TRAIN for each in entries), at),
    )


@dataclass(frozen=True, slots=True)
class Content:
    """Every picture that could be in a set, and what is wrong with them apart from their boxes."""

    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]


def content_of(project: Project) -> Content:
    """Return what was brought along, then what was reviewed, oldest first."""
    rows = brought_rows(project)
    found = taught(project, [scene_of(row) for row in rows])
    entries = [_brought(each) for each in rows] + [
        Entry(
            each.split,
            _placed(each.picture, str(ObjectPlace(settings.PICTURES_BUCKET_NAME, each.key))),
            each.reviewed_at,
            detection=each.detection,
        )
        for each in found.lessons
    ]
    return Content(tuple(entries), tuple(_findings(rows, found)))


def _findings(rows: Sequence[BroughtPicture], found: Taught) -> Iterator[Finding]:
    """Yield what is known of pictures beside their boxes: scenes on both sides, and what cannot be read."""
    names = {key_of(row): row.origin or row.source for row in rows}
    for scene in found.sides.torn:
        source = next((names[key] for key in scene if key in names), "")
        yield Finding(Check.TORN, source=source, count=len(scene))
    for row in rows:
        if row.problem:
            yield Finding(Check.NOT_READABLE, source=row.origin or row.source)
    if unread := sum(row.looked_at is None for row in rows):
        yield Finding(Check.NOT_READ_YET, count=unread)


def _brought(row: BroughtPicture) -> Entry:
    """All pictures of a dataset must lie in one bucket, so those of another are copied."""
    picture, place = picture_of(row), place_of(row.source)
    split, searched_at = Split(row.split), row.searched_at
    if place.bucket == settings.PICTURES_BUCKET_NAME:
        return Entry(split, picture, row.created_at, brought=row.pk, searched_at=searched_at)
    ending = place.key.rpartition(".")[2]
    key = f"training/{row.project_id}/{sha256(row.source.encode()).hexdigest()[:32]}.{ending}"
    copied = _placed(picture, str(ObjectPlace(settings.PICTURES_BUCKET_NAME, key)))
    return Entry(split, copied, row.created_at, row.source, brought=row.pk, searched_at=searched_at)


def _placed(picture: Labelled, source: str) -> Labelled:
    return Labelled(source, picture.width, picture.height, picture.marked)


def lines_before(project: Project) -> dict[Place, str]:
    """Return the lines of the newest set; two queries."""
    newest = TrainingSet.objects.filter(project=project).order_by("-number").first()
    return lines_of(newest) if newest else {}


def lines_of(chosen: TrainingSet) -> dict[Place, str]:
    """Return a set's lines that teach; one query."""
    rows = TrainingEntry.objects.filter(training_set=chosen, is_withdrawn=False)
    return {(split, source): line for split, source, line in rows.values_list("split", "source", "line")}


def change_of(chosen: TrainingSet) -> Difference:
    """Return what a set changed of the one before; three queries."""
    before = TrainingSet.objects.filter(project=chosen.project_id, number__lt=chosen.number)
    last = before.order_by("-number").first()
    return difference(lines_of(last) if last else {}, lines_of(chosen))


def _expected(project: Project, pictures: int, at: datetime) -> Expectation | None:
    rows = Evaluation.objects.filter(
        version__project=project, training_images__isnull=False, version__billable_training_seconds__gt=0
    )
    known = rows.values_list("training_images", "version__billable_training_seconds")
    length = expected_length([(count or 0, seconds or 0) for count, seconds in known], pictures)
    if length is None:
        return None
    rate = rate_at(dated_rates(PriceRate.Kind.TRAINING), project.connection.region, at)
    minutes = Decimal(round(length.total_seconds())) / 60
    return Expectation(length, usd_for(minutes, rate) if rate is not None else None)


def base_of(project: Project) -> ModelVersion | None:
    """Return the newest version whose pictures may be taken over; None once they were."""
    trained = ModelVersion.objects.filter(project=project, gone_at__isnull=True, training_set__isnull=True)
    newest = trained.exclude(training_snapshot_uri="").order_by("-aws_created_at", "-pk").first()
    if newest is None:
        return None
    known = BroughtPicture.objects.filter(project=project, origin__in=["", newest.name])
    return None if known.exists() else newest


def sets_of(project: Project) -> QuerySet[TrainingSet]:
    """Return a project's sets, newest first."""
    return TrainingSet.objects.filter(project=project).select_related("author", "version").order_by("-number")


def open_projects() -> QuerySet[Project]:
    """Return the projects that can be taught, with how many sets each has had."""
    rows = Project.objects.filter(gone_at__isnull=True, connection__is_active=True)
    return rows.select_related("connection").annotate(sets=Count("training_sets")).order_by("name", "pk")


def set_by_id(pk: int) -> TrainingSet | None:
    """Return a set with what its page tells."""
    rows = TrainingSet.objects.select_related("project__connection", "author", "version")
    return rows.filter(pk=pk).first()


def project_named(name: str) -> Project:
    """Return a project by its name. Raises NotFound."""
    found = Project.objects.filter(name=name).select_related("connection").order_by("pk").first()
    if found is None:
        raise NotFound(f"There is no project “{name}”. The page of model versions names them.")
    return found
