"""One training from manifests to a judged model, with AWS's result files left in the output bucket."""

import fcntl
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rekognition_local.arns import names_in
from rekognition_local.buckets import BucketError, Buckets, S3Place
from rekognition_local.manifests import (
    ManifestFault,
    Report,
    UseCase,
    Verdict,
    check_training,
    split_for_test,
)
from rekognition_local.training import results
from rekognition_local.training.lesson import Pictured, Shelf, read_side, statistics
from rekognition_local.training.places import model_file
from rekognition_local.vision.classifier import Classifier, train_classifier
from rekognition_local.vision.detector import Detector, train_detector
from rekognition_local.vision.evaluation import Evaluation, evaluate_boxes, evaluate_tags
from rekognition_local.vision.model_file import load, save

Watch = Callable[[float], None]
Facts = dict[str, Any]

LEARNING_SHARE = 0.85
"""How much of the way learning is; testing is the rest."""
RECIPE = "1"
"""Changed whenever the same pictures would give another model, so that no old one is taken for it."""


class Refused(Exception):
    """Nothing can be learnt. The message is the version's StatusMessage, the facts what was written."""

    def __init__(self, message: str, facts: Facts | None = None) -> None:
        super().__init__(message)
        self.facts = facts or {}


@dataclass(frozen=True, slots=True)
class Course:
    """`train` and `test` are sides as in the job: dataset lines, manifests, or (to test) a split."""

    arn: str
    project: str
    version: str
    ends_ms: int
    data_dir: Path
    output: S3Place
    seed: int
    train: Facts
    test: Facts
    shelf: Shelf

    @classmethod
    def from_spec(cls, spec: Facts, buckets: Buckets) -> "Course":
        output = spec["output"]
        project, version = names_in(spec["arn"])
        folder = "/".join(filter(None, [output["prefix"].strip("/"), project, version]))
        return cls(
            spec["arn"],
            project,
            version,
            spec["ends_ms"],
            Path(spec["data_dir"]),
            S3Place(output["bucket"], folder),
            spec["seed"],
            spec["train"],
            spec["test"],
            Shelf(buckets, spec["region"]),
        )

    def write(self, name: str, content: bytes | str) -> Facts:
        """Put a result file into the output bucket and return its S3Object."""
        place = S3Place(self.output.bucket, f"{self.output.key}/{name}")
        data = content.encode() if isinstance(content, str) else content
        try:
            self.shelf.buckets.write(place, data, region=self.shelf.region)
        except BucketError as error:
            raise ManifestFault("ERROR_CANNOT_WRITE_OUTPUT_S3_BUCKET", str(error)) from error
        return {"Bucket": place.bucket, "Name": place.key}


@dataclass(frozen=True, slots=True)
class Judgement:
    """How the model did on so many test pictures, and the snapshot that says it picture by picture."""

    tested: int
    evaluation: Evaluation
    snapshot: bytes
    is_detector: bool


def train(course: Course, *, watch: Watch) -> Facts:
    """Returns `model` and `facts` of the version. Raises Refused or ManifestFault with AWS's words."""
    train_side, test_side = _sides(course)
    facts, verdict = _checked(course, train_side, test_side)
    learnt, tested = _usable(train_side, verdict.training), _usable(test_side, verdict.testing)
    digest, model = _model(course, learnt, verdict.use_case, lambda done: watch(done * LEARNING_SHARE))
    judge = _judged_boxes if isinstance(model, Detector) else _judged_tags
    evaluation, snapshot = judge(
        course, model, tested, lambda done: watch(LEARNING_SHARE + done * (1 - LEARNING_SHARE))
    )
    judged = Judgement(len(tested), evaluation, snapshot, is_detector=isinstance(model, Detector))
    _add_results(course, facts, learnt, judged)
    return {"model": {"digest": digest, "thresholds": _in_percent(model, evaluation)}, "facts": facts}


def _sides(course: Course) -> tuple[list[Pictured], list[Pictured]]:
    train_side = read_side(course.train, course.shelf)
    if not course.test.get("is_split"):
        return train_side, read_side(course.test, course.shelf)
    by_entry = {id(each.entry): each for each in train_side}
    learnt, tested = split_for_test([each.entry for each in train_side], seed=course.seed)
    return [by_entry[id(entry)] for entry in learnt], [by_entry[id(entry)] for entry in tested]


def _checked(
    course: Course, train_side: Sequence[Pictured], test_side: Sequence[Pictured]
) -> tuple[Facts, Verdict]:
    """Write what became of every line into the bucket, then refuse what cannot be learnt from."""
    verdict = check_training([each.entry for each in train_side], [each.entry for each in test_side])
    facts: Facts = {}
    for member, name, spec, side in (
        ("TrainingDataResult", "training", course.train, train_side),
        ("TestingDataResult", "testing", course.test, test_side),
    ):
        lines = results.manifest(each.entry.line for each in side)
        written = course.write(f"{name}_manifest_with_validation.json", lines)
        facts[member] = {**_input(spec), "Validation": _assets(written)}
    facts["ManifestSummary"] = {"S3Object": course.write("manifest_summary.json", _summary(verdict))}
    reports = [verdict.training, *([verdict.testing] if verdict.testing else [])]
    faults = [*verdict.faults, *(fault for report in reports for fault in report.faults)]
    if faults:
        raise Refused(" ".join(dict.fromkeys(map(str, faults))), facts)
    return facts, verdict


def _summary(verdict: Verdict) -> str:
    return results.manifest_summary(
        training=statistics(verdict.training, verdict.use_case),
        testing=statistics(verdict.testing, verdict.use_case) if verdict.testing else None,
        errors=[{"code": fault.code, "message": fault.message} for fault in verdict.faults],
    )


def _usable(side: Sequence[Pictured], report: Report | None) -> list[Pictured]:
    usable = {id(entry) for entry in report.usable} if report else set()
    return [each for each in side if id(each.entry) in usable]


def _input(spec: Facts) -> Facts:
    if "assets" in spec:
        objects = [{"Bucket": asset["bucket"], "Name": asset["key"]} for asset in spec["assets"]]
        return {"Input": {"Assets": [{"GroundTruthManifest": {"S3Object": each}} for each in objects]}}
    return {"Input": {"AutoCreate": True}} if spec.get("is_split") else {}


def _assets(place: Facts) -> Facts:
    return {"Assets": [{"GroundTruthManifest": {"S3Object": place}}]}


def _model(
    course: Course, learnt: Sequence[Pictured], use_case: UseCase, watch: Watch
) -> tuple[str, Detector | Classifier]:
    """The model of these pictures: trained now, or found where the same was learnt before."""
    content = hashlib.sha256(f"{RECIPE} {use_case} {course.seed}".encode())
    for each in learnt:
        content.update(each.digest)
    path = model_file(course.data_dir, content.hexdigest()[:32])
    path.parent.mkdir(parents=True, exist_ok=True)
    with _held(path.with_suffix(".lock")):
        if not path.exists():
            save(_learnt(learnt, use_case, course.seed, watch), path)
    return path.stem, load(path)


def _learnt(
    pictures: Sequence[Pictured], use_case: UseCase, seed: int, watch: Watch
) -> Detector | Classifier:
    if use_case is UseCase.OBJECT_LOCALIZATION:
        return train_detector((each.boxed() for each in pictures), seed=seed, watch=watch)
    return train_classifier((each.tagged() for each in pictures), seed=seed, watch=watch)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Two trainings that learn the same wait for each other; the system gives the lock back at any death."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _judged_boxes(
    course: Course, model: Any, tested: Sequence[Pictured], watch: Watch
) -> tuple[Evaluation, bytes]:
    lines = []
    for number, each in enumerate(tested, start=1):
        pixels = each.pixels()
        height, width = pixels.shape[:2]
        lines.append(results.BoxedLine(each.entry.line, width, height, each.boxes(), model.detect(pixels)))
        watch(number / len(tested))
    evaluation = evaluate_boxes([(line.truths, line.found) for line in lines])
    return evaluation, results.snapshot_of_boxes(
        lines, labels=model.labels, thresholds=_thresholds(model, evaluation), at_ms=course.ends_ms
    )


def _judged_tags(
    course: Course, model: Any, tested: Sequence[Pictured], watch: Watch
) -> tuple[Evaluation, bytes]:
    lines = []
    for number, each in enumerate(tested, start=1):
        scores = dict(model.classify(each.pixels()))
        lines.append(results.TaggedLine(each.entry.line, each.entry.tags, scores))
        watch(number / len(tested))
    evaluation = evaluate_tags([(line.truths, list(line.scores.items())) for line in lines])
    return evaluation, results.snapshot_of_tags(
        lines, labels=model.labels, thresholds=_thresholds(model, evaluation), at_ms=course.ends_ms
    )


def _thresholds(model: Detector | Classifier, evaluation: Evaluation) -> dict[str, float]:
    """The assumed thresholds: best F1 on the test pictures.

    A label that the test pictures do not tell about has the threshold that was best in training. AWS does not
    say what it does there.
    """
    told = {
        each.label: each.threshold for each in evaluation.labels if each.truths and each.threshold is not None
    }
    return {label: told.get(label, model.thresholds[label]) for label in model.labels}


def _in_percent(model: Detector | Classifier, evaluation: Evaluation) -> dict[str, float]:
    return {label: value * 100 for label, value in _thresholds(model, evaluation).items()}


def _add_results(course: Course, facts: Facts, learnt: Sequence[Pictured], judged: Judgement) -> None:
    """Write the snapshots and the summary, and say in `facts` where they are."""
    training_snapshot = results.manifest(each.entry.line for each in learnt)
    facts["TrainingDataResult"]["Output"] = _assets(course.write("training_manifest.json", training_snapshot))
    facts["TestingDataResult"]["Output"] = _assets(course.write("evaluation_manifest.json", judged.snapshot))
    summary = results.evaluation_summary(
        results.Training(course.arn, course.ends_ms, len(learnt), judged.tested),
        judged.evaluation,
        is_detector=judged.is_detector,
    )
    name = results.summary_name(course.project, course.version)
    facts["EvaluationResult"] = {"Summary": {"S3Object": course.write(name, summary)}}
    if judged.evaluation.f1 is not None:
        facts["EvaluationResult"]["F1Score"] = judged.evaluation.f1
