"""Whether a model can be trained from manifests: the terminal errors of their contents, and the use case.

Where AWS is silent:

- The use case is that of the more numerous usable training lines; of as many, object localization.
- A detector needs 1 label, a classifier 2: so say the limits and the release notes, one page says otherwise.
- The overlap is the share of the test labels that training knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rekognition_local.buckets import S3Place
from rekognition_local.manifests.entries import Entry, UseCase
from rekognition_local.manifests.messages import ManifestFault

MAX_INVALID_SHARE = 0.2
MAX_LABELS = 250
MIN_OVERLAP = 0.5


_MIN_LABELS = {UseCase.OBJECT_LOCALIZATION: 1, UseCase.IMAGE_LEVEL_LABELS: 2, UseCase.NOT_DETERMINED: 1}


@dataclass(frozen=True, slots=True)
class Report:
    """What manifest_summary.json says of one manifest. `usable` are the entries that the use case takes."""

    total: int
    valid: int
    invalid: int
    ignored: int
    error_indices: tuple[int, ...]
    usable: tuple[Entry, ...]
    faults: tuple[ManifestFault, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`faults` are those of both manifests taken together; any fault anywhere stops the training."""

    use_case: UseCase
    training: Report
    testing: Report | None
    faults: tuple[ManifestFault, ...]

    @property
    def first_fault(self) -> ManifestFault | None:
        of_testing = self.testing.faults if self.testing else ()
        return next(iter((*self.training.faults, *of_testing, *self.faults)), None)


def check_training(train: Sequence[Entry], test: Sequence[Entry] | None) -> Verdict:
    """Judge training entries and, unless they are still to be split off, test entries."""
    use_case = _use_case(train)
    return Verdict(
        use_case if _has_enough(train, use_case) else UseCase.NOT_DETERMINED,
        _report(train, use_case),
        None if test is None else _report(test, use_case),
        _overlap_faults(train, test, use_case),
    )


def _use_case(entries: Sequence[Entry]) -> UseCase:
    usable = [entry for entry in entries if entry.is_usable]
    boxed, tagged = sum(bool(entry.boxes) for entry in usable), sum(bool(entry.tags) for entry in usable)
    if not boxed and not tagged:
        return UseCase.NOT_DETERMINED
    return UseCase.OBJECT_LOCALIZATION if boxed >= tagged else UseCase.IMAGE_LEVEL_LABELS


def _has_enough(entries: Sequence[Entry], use_case: UseCase) -> bool:
    return len(_known(entries, use_case)) >= _MIN_LABELS[use_case]


def _report(entries: Sequence[Entry], use_case: UseCase) -> Report:
    usable = tuple(entry for entry in entries if entry.is_usable_for(use_case))
    return Report(
        total=len(entries),
        valid=sum(entry.is_usable for entry in entries),
        invalid=sum(entry.is_invalid for entry in entries),
        ignored=sum(entry.is_ignored for entry in entries),
        error_indices=tuple(number for number, entry in enumerate(entries, start=1) if entry.has_errors),
        usable=usable,
        faults=tuple(ManifestFault(code) for code in _codes(entries, use_case)),
    )


def _codes(entries: Sequence[Entry], use_case: UseCase) -> list[str]:
    labels = frozenset[str]().union(*(entry.labels for entry in entries if entry.is_usable))
    least = _MIN_LABELS[use_case]
    codes = []
    if sum(entry.is_invalid for entry in entries) > MAX_INVALID_SHARE * len(entries):
        codes.append("ERROR_TOO_MANY_INVALID_ROWS_IN_MANIFEST")
    if len(_buckets(entries)) > 1:
        codes.append("ERROR_IMAGES_IN_MULTIPLE_S3_BUCKETS")
    if len(labels) < least:
        codes.append("ERROR_MANIFEST_TOO_FEW_LABELS")
    elif len(_known(entries, use_case)) < least:
        codes.append("ERROR_MANIFEST_TOO_FEW_USABLE_LABELS")
    if len(labels) > MAX_LABELS:
        codes.append("ERROR_MANIFEST_TOO_MANY_LABELS")
    return codes


def _overlap_faults(
    train: Sequence[Entry], test: Sequence[Entry] | None, use_case: UseCase
) -> tuple[ManifestFault, ...]:
    if test is None:
        return ()
    if _is_apart(_all(train), _all(test)):
        return (ManifestFault("ERROR_INSUFFICIENT_LABEL_OVERLAP"),)
    if _is_apart(_known(train, use_case), _known(test, use_case)):
        return (ManifestFault("ERROR_INSUFFICIENT_USABLE_LABEL_OVERLAP"),)
    return ()


def _is_apart(train: frozenset[str], test: frozenset[str]) -> bool:
    return bool(train and test) and len(train & test) < MIN_OVERLAP * len(test)


def _all(entries: Sequence[Entry]) -> frozenset[str]:
    return frozenset[str]().union(*(entry.labels for entry in entries if entry.is_usable))


def _known(entries: Sequence[Entry], use_case: UseCase) -> frozenset[str]:
    return frozenset[str]().union(*(entry.labels_for(use_case) for entry in entries if entry.is_usable))


def _buckets(entries: Sequence[Entry]) -> set[str]:
    return {
        S3Place.parse(entry.source_ref).bucket
        for entry in entries
        if entry.source_ref is not None and not entry.is_invalid
    }
