"""A comparison as its page shows it: figures and how sure they are, pictures by their fate, the trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from detections.domain.evaluation.comparison import Change
from detections.domain.evaluation.figures import ENOUGH_BOXES
from detections.domain.evaluation.matching import Found, Picture
from detections.domain.evaluation.snapshot import Snapshot
from detections.models import Detection, VersionComparison
from detections.selectors.evaluating import truths_of
from detections.selectors.looks import MOST_LOOKS, looks_of, photos_for
from detections.selectors.pairs import Pair, examination_of, found_by
from detections.selectors.snapshots import OpenObjects, snapshot_of
from models_registry.domain.billing import rate_at, usd_for
from models_registry.domain.trial import TRIED
from models_registry.models import Deployment, ModelVersion, Trial
from models_registry.selectors.spend import inference_rates

SECONDS_A_LOOK = 1.0
"""About one picture a second and inference unit (AWS's own guess; measured where AWS really answers)."""
START = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Ratio:
    """One ratio in both versions; `sure` is +1 or −1 where the interval leaves no doubt, else 0."""

    old: float | None
    new: float | None
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> float | None:
        return None if self.old is None or self.new is None else self.new - self.old

    @property
    def sure(self) -> int:
        if self.low is None or self.high is None:
            return 0
        return 1 if self.low > 0 else -1 if self.high < 0 else 0


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label, or all together (empty), in both versions."""

    label: str
    truths: int
    precision: Ratio
    recall: Ratio
    f1: Ratio

    @property
    def is_trusted(self) -> bool:
        return self.truths >= ENOUGH_BOXES

    @property
    def ratios(self) -> tuple[Ratio, Ratio, Ratio]:
        """The three in the order of the table."""
        return self.f1, self.recall, self.precision


@dataclass(frozen=True, slots=True)
class Changed:
    """One picture; `place` is its number in the comparison."""

    place: int
    photo: int | None
    number: int | None
    change: Change


@dataclass(frozen=True, slots=True)
class Told:
    """A comparison that was made. `labels` come with the surest and largest differences first."""

    pictures: int
    kinds: Mapping[str, int]
    total: LabelRow
    labels: tuple[LabelRow, ...]
    changes: tuple[Changed, ...]
    failures: tuple[tuple[str, str, float | None], ...]
    alike: int
    different: tuple[tuple[int, list[str], list[str]], ...]

    def of(self, change: Change) -> list[Changed]:
        """Return the pictures of which this became."""
        return [each for each in self.changes if each.change is change]

    @property
    def fixed(self) -> list[Changed]:
        return self.of(Change.FIXED)

    @property
    def broken(self) -> list[Changed]:
        return self.of(Change.BROKEN)

    @property
    def still_wrong(self) -> list[Changed]:
        return self.of(Change.STILL_WRONG)


def comparison_of(old: ModelVersion, new: ModelVersion) -> VersionComparison | None:
    """Return the comparison of two versions if somebody asked for it; one query."""
    rows = VersionComparison.objects.filter(old_version=old, new_version=new)
    return rows.select_related("author").first()


def told_by(row: VersionComparison) -> Told | None:
    """Read what a worker wrote down; None before."""
    said: dict[str, Any] = row.outcome
    if not said:
        return None
    changes = tuple(
        Changed(place, photo, number, Change(change))
        for place, (photo, number, change) in enumerate(said["changes"])
    )
    labels = sorted((_label(each) for each in said["labels"]), key=_surest_first)
    unjudged = said["unjudged"]
    return Told(
        len(changes), said["pictures"], _label(said["total"]), tuple(labels), changes,
        tuple((hurdle, label, value) for hurdle, label, value in said["failures"]),
        unjudged["alike"], tuple((photo, old, new) for photo, old, new in unjudged["different"]),
    )  # fmt: skip


def _label(said: Mapping[str, Any]) -> LabelRow:
    ratios = (_ratio(said[name]) for name in ("precision", "recall", "f1"))
    return LabelRow(said["label"], said["truths"], *ratios)


def _ratio(said: list[Any]) -> Ratio:
    old, new, interval = said
    return Ratio(old, new, *(interval or (None, None)))


def _surest_first(row: LabelRow) -> tuple[bool, float, str]:
    return row.f1.sure == 0, -abs(row.f1.value or 0), row.label


def rivals_of(new: ModelVersion) -> QuerySet[ModelVersion]:
    """Return the versions that a version can be compared with: live ones first, then the newest."""
    rows = ModelVersion.objects.filter(project=new.project_id).exclude(pk=new.pk)
    return rows.select_related("deployment").order_by("deployment__pk", "-aws_created_at", "-pk")


def deployments_of(old: ModelVersion) -> list[Deployment]:
    """Return the deployments whose live version it is."""
    rows = Deployment.objects.filter(live_version=old).select_related("connection", "live_version__project")
    return list(rows.order_by("name", "pk"))


@dataclass(frozen=True, slots=True)
class TrialFacts:
    """A trial under way, or what one would take; money is rounded."""

    row: Trial | None
    looked: int
    most: int
    length: timedelta
    usd: Decimal | None

    @property
    def is_open(self) -> bool:
        return self.row is not None and self.row.state not in TRIED


def trial_of(new: ModelVersion, deployment: Deployment, *, at: datetime) -> TrialFacts:
    """Return the newest trial of a version beside a deployment, and what another one would take."""
    rows = Trial.objects.filter(version=new, deployment=deployment).select_related("author", "deployment")
    row = rows.order_by("-created_at", "-pk").first()
    looked = looks_of(row) if row else 0
    if row is not None and row.state not in TRIED:
        left = len(photos_for(row, most=MOST_LOOKS - min(looked, MOST_LOOKS)))
        return TrialFacts(row, looked, looked + left, timedelta(), None)
    wanted = Trial(version=new, deployment=deployment, created_at=at)
    count = len(photos_for(wanted))
    looking = timedelta(seconds=count * SECONDS_A_LOOK / deployment.min_inference_units)
    rate = rate_at(inference_rates(), deployment.connection.region, at)
    minutes = Decimal(round(looking.total_seconds())) / 60 + 1
    usd = usd_for(minutes * deployment.min_inference_units, rate) if rate is not None else None
    return TrialFacts(row, looked, count, START + looking, usd)


def pair_at(
    changed: Changed, old: ModelVersion, new: ModelVersion, *, open_objects: OpenObjects
) -> Pair | None:
    """Return one picture of a comparison as both versions see it; None where it is not to be had any more."""
    if changed.number is None:
        return _looked(changed.photo or 0, old, new)
    after = examination_of(new, snapshot_of(new, open_objects=open_objects))
    before = examination_of(old, snapshot_of(old, open_objects=open_objects))
    for origin, (number, seen) in after.by_origin.items():
        if number == changed.number:
            picture = seen.picture()
            if origin in before.by_origin:
                found = before.by_origin[origin][1].picture().found
            else:
                found = _said(old, changed.photo)
            return Pair(Picture(picture.truths, found), picture, changed.photo, number)
    return None


def _said(version: ModelVersion, photo: int | None) -> tuple[Found, ...]:
    return () if photo is None else found_by(version, [photo]).get(photo, ())


def _looked(photo: int, old: ModelVersion, new: ModelVersion) -> Pair | None:
    row = Detection.objects.filter(pk=photo).first()
    if row is None:
        return None
    truths = tuple(truths_of([row])[photo])
    return Pair(Picture(truths, _said(old, photo)), Picture(truths, _said(new, photo)), photo)


def size_of(new: ModelVersion, pair: Pair, *, open_objects: OpenObjects) -> tuple[int, int]:
    """Return a picture's width and height in pixels."""
    if pair.number is not None:
        found = snapshot_of(new, open_objects=open_objects)
        if isinstance(found, Snapshot):
            tested = found.tested[pair.number]
            return tested.width, tested.height
    row = Detection.objects.filter(pk=pair.photo or 0).values_list("width", "height").first()
    width, height = row or (None, None)
    return width or 4, height or 3
