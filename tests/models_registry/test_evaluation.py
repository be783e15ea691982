"""AWS's evaluation summary, in both of its layouts, read into figures or refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from models_registry.domain.evaluation import SummaryUnreadable, SummaryVersionUnknown, parse_summary
from rekognition_local.training.results import Training, evaluation_summary
from rekognition_local.vision.evaluation import evaluate_boxes
from rekognition_local.vision.shapes import Box, Found

AWS_EXAMPLE: dict[str, Any] = {
    "Version": 1,
    "EvaluationDetails": {
        "ProjectVersionArn": "arn:aws:rekognition:us-east-1:nnn:project/my-project/version/v0/1574317227432",
        "EvaluationEndTimestamp": "2019-11-21T07:30:23.910943",
        "Labels": ["CAP", "WATCH"],
        "NumberOfTrainingImages": 5216,
        "NumberOfTestingImages": 624,
    },
    "AggregatedEvaluationResults": {
        "ConfusionMatrix": [
            {"GroundTruthLabel": "CAP", "PredictedLabel": "WATCH", "Value": 0.008547008547008548}
        ],
        "F1Score": 0.9726959470546408,
        "Precision": 0.9719115848331294,
        "Recall": 0.9735042735042735,
    },
    "LabelEvaluationResults": [
        {
            "Label": "CAP",
            "NumberOfTestingImages": 390,
            "Metrics": {
                "F1Score": 0.9794344473007711,
                "Precision": 0.9819587628865979,
                "Recall": 0.9769230769230769,
                "Threshold": 0.9879502058029175,
            },
        },
        {
            "Label": "WATCH",
            "NumberOfTestingImages": 234,
            "Metrics": {
                "F1Score": 0.9659574468085106,
                "Precision": 0.961864406779661,
                "Recall": 0.9700854700854701,
                "Threshold": 0.014450683258473873,
            },
        },
    ],
}
DETECTOR: dict[str, Any] = {
    "Version": 1,
    "EvaluationDetails": {"NumberOfTrainingImages": 56, "NumberOfTestingImages": 14},
    "AggregatedEvaluationResults": {
        "Metrics": {
            "F1Score": 0.646,
            "Precision": 0.6,
            "Recall": 0.7,
            "AveragePrecision": 0.609,
            "AverageRecall": 0.941,
        }
    },
    "LabelEvaluationResults": [{"Label": "melonpan", "Metrics": {"F1Score": 0.646}}],
}


def content_of(document: object) -> bytes:
    return json.dumps(document).encode()


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    document = json.loads(json.dumps(AWS_EXAMPLE))
    change(document)
    return content_of(document)


def test_example_of_the_guide_is_read() -> None:
    summary = parse_summary(content_of(AWS_EXAMPLE))
    assert (summary.f1, summary.precision, summary.recall) == (
        0.9726959470546408,
        0.9719115848331294,
        0.9735042735042735,
    )
    assert (summary.training_images, summary.test_images) == (5216, 624)
    assert (summary.average_precision, summary.average_recall) == (None, None)
    cap, watch = summary.labels
    assert (cap.label, cap.test_images, cap.threshold, cap.f1) == (
        "CAP",
        390,
        0.9879502058029175,
        0.9794344473007711,
    )
    assert (watch.precision, watch.recall) == (0.961864406779661, 0.9700854700854701)


def test_figures_below_metrics_are_read_and_missing_ones_are_not_made_up() -> None:
    summary = parse_summary(content_of(DETECTOR))
    assert (summary.f1, summary.average_precision, summary.average_recall) == (0.646, 0.609, 0.941)
    (label,) = summary.labels
    assert (label.f1, label.threshold, label.precision, label.test_images) == (0.646, None, None, None)


def test_figures_of_a_detector_may_lie_directly_below_the_aggregate() -> None:
    flat = {**DETECTOR, "AggregatedEvaluationResults": DETECTOR["AggregatedEvaluationResults"]["Metrics"]}
    assert parse_summary(content_of(flat)) == parse_summary(content_of(DETECTOR))


def test_summary_that_rekognition_local_writes_is_read() -> None:
    box = Box("melonpan", 10, 10, 20, 20)
    judged = evaluate_boxes([([box], [Found(box, 0.75)]), ([box], [])])
    written = evaluation_summary(Training("arn", 0, 56, 2), judged, is_detector=True)
    summary = parse_summary(written.encode())
    (label,) = summary.labels
    assert (label.label, label.test_images, label.threshold) == ("melonpan", 2, 0.75)
    assert (label.precision, label.recall, summary.average_recall) == (1.0, 0.5, 0.5)
    assert (summary.training_images, summary.test_images, summary.f1) == (56, 2, label.f1)


def test_summary_without_labels_and_details_is_read() -> None:
    summary = parse_summary(content_of({"AggregatedEvaluationResults": {"F1Score": 1}}))
    assert (summary.f1, summary.labels, summary.test_images) == (1.0, (), None)


def test_null_is_as_good_as_missing() -> None:
    text = changed(lambda document: document["LabelEvaluationResults"][0]["Metrics"].update(Threshold=None))
    assert parse_summary(text).labels[0].threshold is None


def test_japanese_labels_are_read() -> None:
    text = changed(lambda document: document["LabelEvaluationResults"][0].update(Label="メロンパン"))
    assert parse_summary(text).labels[0].label == "メロンパン"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b"<?xml version='1.0'?><Error/>", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not an object"),
        (b"{}", "no evaluation results"),
        (content_of({"Version": 1}), "no evaluation results"),
        (changed(lambda document: document.update(AggregatedEvaluationResults=[])), "not an object"),
        (changed(lambda document: document.update(LabelEvaluationResults={})), "not a list"),
        (changed(lambda document: document["LabelEvaluationResults"].append(7)), "not an object"),
        (changed(lambda document: document["LabelEvaluationResults"][0].pop("Label")), "no usable label"),
        (changed(lambda document: document["LabelEvaluationResults"][0].update(Label="")), "no usable label"),
        (
            changed(lambda document: document["LabelEvaluationResults"][0].update(Label="a\0")),
            "no usable label",
        ),
        (
            changed(lambda document: document["LabelEvaluationResults"][0].update(Label="x" * 256)),
            "no usable",
        ),
        (changed(lambda document: document["LabelEvaluationResults"][0].update(Label="WATCH")), "twice"),
        (
            changed(lambda document: document["AggregatedEvaluationResults"].update(F1Score="high")),
            "F1Score is 'high', not a number",
        ),
        (changed(lambda document: document["AggregatedEvaluationResults"].update(F1Score=True)), "a number"),
        (
            changed(lambda document: document["AggregatedEvaluationResults"].update(F1Score=float("nan"))),
            "number",
        ),
        (changed(lambda document: document["AggregatedEvaluationResults"].update(Recall=97.3)), "between"),
        (
            changed(lambda document: document["EvaluationDetails"].update(NumberOfTestingImages=-1)),
            "number of images",
        ),
        (
            changed(lambda document: document["EvaluationDetails"].update(NumberOfTestingImages=1.5)),
            "number of images",
        ),
    ],
)
def test_what_is_no_summary_is_refused_in_words(content: bytes, said: str) -> None:
    with pytest.raises(SummaryUnreadable, match=said):
        parse_summary(content)


@pytest.mark.parametrize("version", [2, 0, "1", None])
def test_summary_of_another_version_is_refused(version: object) -> None:
    with pytest.raises(SummaryVersionUnknown, match="the portal knows 1"):
        parse_summary(changed(lambda document: document.update(Version=version)))
