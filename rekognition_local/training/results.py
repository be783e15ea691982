"""The files that a training leaves in its bucket, in AWS's layouts.

AWS documents them by examples. Where those are silent or at odds we do as follows:

- The summary is named as in AWS's example and in published files; a reference page has EvaluationSummary-….
- Its figures lie directly under AggregatedEvaluationResults for both kinds of models, as in AWS's example and
  in published files; a reference page has them under `Metrics`. An undefined one is left out. Labels come by
  falling F1.
- AveragePrecision is COCO's at IoU 0.5, AverageRecall the recall without a threshold: means over labels.
- A detector's snapshot has the findings at or above the threshold, and weaker ones that hit: false negatives.
  A truth box that nothing found is listed with confidence 0 at its own place, so that hits and false
  negatives add up to the truth, as they do in published files.
- A classifier's snapshot has every label of the model, also true negatives; the value is 1 if predicted.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rekognition_local.vision.evaluation import Evaluation, LabelFigures
from rekognition_local.vision.matching import match_indexes
from rekognition_local.vision.shapes import Box, Found

Json = dict[str, Any]
Error = Mapping[str, str]  # "code" and "message"

EVALUATION = "rekognition-custom-labels-evaluation"
DETAILS = "rekognition-custom-labels-evaluation-details"
JOB = "rekognition-custom-labels-evaluation-job"
BOXES, TAGS = "groundtruth/object-detection", "groundtruth/image-classification"


@dataclass(frozen=True, slots=True)
class Training:
    """What a summary says of the training itself."""

    version_arn: str
    ended_ms: int
    training_images: int
    testing_images: int


@dataclass(frozen=True, slots=True)
class BoxedLine:
    """A test picture of a detector: its manifest line, its size, the truth, and all that was found."""

    line: Json
    width: int
    height: int
    truths: Sequence[Box]
    found: Sequence[Found]


@dataclass(frozen=True, slots=True)
class TaggedLine:
    """A test picture of a classifier: its manifest line, the truth, and each label's score."""

    line: Json
    truths: Sequence[str]
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ManifestStatistics:
    """What became of a manifest's lines; `use_case` in AWS's words, such as OBJECT_LOCALIZATION."""

    use_case: str
    total: int
    valid: int
    invalid: int
    ignored: int
    error_line_indexes: Sequence[int] = ()
    errors: Sequence[Error] = field(default_factory=tuple)


def summary_name(project: str, version: str) -> str:
    return f"EvaluationResultSummary-{project}-{version}.json"


def evaluation_summary(training: Training, evaluation: Evaluation, *, is_detector: bool) -> str:
    """Write the summary that EvaluationResult.Summary points to."""
    aggregated = _defined(F1Score=evaluation.f1, Precision=evaluation.precision, Recall=evaluation.recall)
    if is_detector:
        aggregated |= _defined(
            AveragePrecision=evaluation.mean_average_precision, AverageRecall=evaluation.average_recall
        )
    else:
        aggregated["ConfusionMatrix"] = [
            {"GroundTruthLabel": cell.truth, "PredictedLabel": cell.predicted, "Value": cell.value}
            for cell in evaluation.confusion
        ]
    return _document(
        {
            "Version": 1,
            "EvaluationDetails": {
                "ProjectVersionArn": training.version_arn,
                "EvaluationEndTimestamp": _utc(training.ended_ms),
                "Labels": [figures.label for figures in evaluation.labels],
                "NumberOfTrainingImages": training.training_images,
                "NumberOfTestingImages": training.testing_images,
            },
            "AggregatedEvaluationResults": aggregated,
            "LabelEvaluationResults": [
                _label_results(figures) for figures in sorted(evaluation.labels, key=_best_first)
            ],
        }
    )


def snapshot_of_boxes(
    pictures: Sequence[BoxedLine], *, labels: Sequence[str], thresholds: Mapping[str, float], at_ms: int
) -> bytes:
    """Write the evaluation manifest of a detector; class ids are places in `labels`, unlearnt ones follow."""
    unlearnt = sorted({box.label for picture in pictures for box in picture.truths} - set(labels))
    ids = {label: number for number, label in enumerate([*labels, *unlearnt])}
    return manifest(
        {**picture.line, **_boxes_attribute(picture, _verdicts(picture, thresholds), ids, at_ms)}
        for picture in pictures
    )


def snapshot_of_tags(
    pictures: Iterable[TaggedLine], *, labels: Sequence[str], thresholds: Mapping[str, float], at_ms: int
) -> bytes:
    """Write the evaluation manifest of a classifier."""
    return manifest({**each.line, **_tag_attributes(each, labels, thresholds, at_ms)} for each in pictures)


def manifest(lines: Iterable[Json]) -> bytes:
    """Write JSON Lines: the training snapshot, and manifests whose entries carry their errors."""
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


def manifest_summary(
    *,
    training: ManifestStatistics | None,
    testing: ManifestStatistics | None,
    errors: Sequence[Error] = (),
) -> str:
    """Write manifest_summary.json; `errors` are those of both manifests taken together."""
    sides = {"training": training, "testing": testing}
    statistics = {name: _statistics(side) for name, side in sides.items() if side is not None}
    return _document({"statistics": statistics, "errors": [dict(error) for error in errors]})


def pixel_box(box: Box, *, width: int, height: int) -> dict[str, int]:
    """Clip a box to its picture and round its edges half-up; at least a pixel is left."""
    left, right = _edges(box.left, box.width, width)
    top, bottom = _edges(box.top, box.height, height)
    return {"left": left, "top": top, "width": right - left, "height": bottom - top}


def _edges(start: float, extent: float, limit: int) -> tuple[int, int]:
    low = min(max(math.floor(start + 0.5), 0), limit - 1)
    return low, max(min(math.floor(start + extent + 0.5), limit), low + 1)


@dataclass(frozen=True, slots=True)
class _Verdict:
    box: Box
    score: float
    is_kept: bool
    is_present: bool


def _verdicts(picture: BoxedLine, thresholds: Mapping[str, float]) -> list[_Verdict]:
    taken = match_indexes(picture.truths, picture.found)
    unfound = [box for index, box in enumerate(picture.truths) if index not in taken]
    verdicts = [
        _Verdict(one.box, one.score, one.score >= thresholds.get(one.box.label, 0.0), place is not None)
        for one, place in zip(picture.found, taken, strict=True)
    ]
    listed = [verdict for verdict in verdicts if verdict.is_kept or verdict.is_present]
    return listed + [_Verdict(box, 0.0, is_kept=False, is_present=True) for box in unfound]


def _boxes_attribute(
    picture: BoxedLine, verdicts: Sequence[_Verdict], ids: Mapping[str, int], at_ms: int
) -> Json:
    jobs = _truth_jobs(picture.line, BOXES)
    size = {"width": picture.width, "height": picture.height}
    return {
        EVALUATION: {
            "image_size": [{**size, "depth": 3}],
            "annotations": [
                {"class_id": ids[one.box.label], **pixel_box(one.box, **size)} for one in verdicts
            ],
        },
        f"{EVALUATION}-metadata": {
            "objects": [
                {"confidence": one.score, DETAILS: _details(one.is_kept, one.is_present, jobs)}
                for one in verdicts
            ],
            "class-map": {str(number): label for label, number in ids.items()},
            **_prediction(BOXES, at_ms),
        },
    }


def _tag_attributes(
    picture: TaggedLine, labels: Sequence[str], thresholds: Mapping[str, float], at_ms: int
) -> Json:
    jobs = _truth_jobs(picture.line, TAGS)
    attributes: Json = {}
    for number, label in enumerate(labels):
        score = picture.scores.get(label, 0.0)
        is_kept = label in picture.scores and score >= thresholds.get(label, 0.0)
        attributes[f"{EVALUATION}-{number}"] = int(is_kept)
        attributes[f"{EVALUATION}-{number}-metadata"] = {
            "confidence": score,
            "class-name": label,
            **_prediction(TAGS, at_ms),
            DETAILS: _details(is_kept, label in picture.truths, jobs),
        }
    return attributes


def _details(is_kept: bool, is_present: bool, jobs: Sequence[str]) -> Json:
    return {
        "version": 1,
        "is-true-positive": is_kept and is_present,
        "is-true-negative": not is_kept and not is_present,
        "is-false-positive": is_kept and not is_present,
        "is-false-negative": not is_kept and is_present,
        "is-present-in-ground-truth": is_present,
        "ground-truth-labelling-jobs": list(jobs),
    }


def _truth_jobs(line: Json, kind: str) -> list[str]:
    """Name the jobs, else the attributes, of a line's ground truth of this kind."""
    jobs = []
    for name, value in line.items():
        if name.endswith("-metadata") and isinstance(value, dict) and value.get("type") == kind:
            jobs.append(str(value.get("job-name") or name.removesuffix("-metadata")))
    return sorted(set(jobs))


def _prediction(kind: str, at_ms: int) -> Json:
    return {"type": kind, "human-annotated": "no", "creation-date": _utc(at_ms), "job-name": JOB}


def _label_results(figures: LabelFigures) -> Json:
    return {
        "Label": figures.label,
        "NumberOfTestingImages": figures.test_pictures,
        "Metrics": _defined(
            F1Score=figures.f1,
            Precision=figures.precision,
            Recall=figures.recall,
            Threshold=figures.threshold,
        ),
    }


def _best_first(figures: LabelFigures) -> tuple[float, str]:
    return (1.0 if figures.f1 is None else -figures.f1), figures.label


def _statistics(side: ManifestStatistics) -> Json:
    return {
        "use_case": side.use_case,
        "total_json_lines": side.total,
        "valid_json_lines": side.valid,
        "invalid_json_lines": side.invalid,
        "ignored_json_lines": side.ignored,
        "error_json_line_indices": list(side.error_line_indexes),
        "errors": [dict(error) for error in side.errors],
    }


def _defined(**figures: float | None) -> Json:
    return {name: value for name, value in figures.items() if value is not None}


def _utc(at_ms: int) -> str:
    """Write an instant as AWS does here: UTC without saying so, with six digits of a second."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000, tzinfo=None)
    return at.isoformat(timespec="microseconds")


def _document(content: Json) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
