"""Result files of a training, read back as AWS's clients read them."""

import json

import pytest

from rekognition_local.training.results import (
    BoxedLine,
    ManifestStatistics,
    TaggedLine,
    Training,
    evaluation_summary,
    manifest,
    manifest_summary,
    pixel_box,
    snapshot_of_boxes,
    snapshot_of_tags,
    summary_name,
)
from rekognition_local.vision.evaluation import evaluate_boxes, evaluate_tags
from rekognition_local.vision.shapes import Box, Found

AT_MS = 1_574_321_423_910
TRAINING = Training("arn:aws:rekognition:…/version/v0/1574317227432", AT_MS, 5216, 624)
LINE = {
    "source-ref": "s3://breads/tray.jpg",
    "boxes": {"image_size": [{"width": 100, "height": 80, "depth": 3}], "annotations": []},
    "boxes-metadata": {"type": "groundtruth/object-detection", "job-name": "labelled by hand"},
    "kind": 1,
    "kind-metadata": {"type": "groundtruth/image-classification", "class-name": "anpan"},
}


def box(label="anpan", left=10.0, top=10.0, width=20.0, height=20.0):
    return Box(label, left, top, width, height)


def lines_of(content):
    return [json.loads(line) for line in content.decode().splitlines()]


def objects_of(line):
    """Pairs of annotation and object, which belong together by their places."""
    name = "rekognition-custom-labels-evaluation"
    return list(zip(line[name]["annotations"], line[f"{name}-metadata"]["objects"], strict=True))


def verdict_of(one):
    details = one["rekognition-custom-labels-evaluation-details"]
    (verdict,) = [name for name, value in details.items() if name.startswith(("is-t", "is-f")) and value]
    return verdict.removeprefix("is-"), details["is-present-in-ground-truth"]


def test_summary_of_a_classifier_has_the_layout_of_the_published_example():
    pictures = [(["CAP"], [("CAP", 0.9)])] * 2 + [(["WATCH"], [("CAP", 0.8)]), (["WATCH"], [("WATCH", 0.7)])]
    summary = json.loads(evaluation_summary(TRAINING, evaluate_tags(pictures), is_detector=False))
    assert summary["Version"] == 1
    assert summary["EvaluationDetails"] == {
        "ProjectVersionArn": TRAINING.version_arn,
        "EvaluationEndTimestamp": "2019-11-21T07:30:23.910000",
        "Labels": ["CAP", "WATCH"],
        "NumberOfTrainingImages": 5216,
        "NumberOfTestingImages": 624,
    }
    aggregated = summary["AggregatedEvaluationResults"]
    assert set(aggregated) == {"F1Score", "Precision", "Recall", "ConfusionMatrix"}
    assert {"GroundTruthLabel": "WATCH", "PredictedLabel": "CAP", "Value": 0.5} in aggregated[
        "ConfusionMatrix"
    ]
    assert summary["LabelEvaluationResults"][0] == {
        "Label": "CAP",
        "NumberOfTestingImages": 2,
        "Metrics": {"F1Score": 1.0, "Precision": 1.0, "Recall": 1.0, "Threshold": 0.9},
    }


def test_summary_of_a_detector_has_averages_and_no_confusion():
    pictures = [([box(), box("melonpan", 50)], [Found(box(), 0.9), Found(box("melonpan"), 0.8)])]
    summary = json.loads(evaluation_summary(TRAINING, evaluate_boxes(pictures), is_detector=True))
    assert summary["AggregatedEvaluationResults"] == {
        "F1Score": 0.5,
        "Precision": 0.5,
        "Recall": 0.5,
        "AveragePrecision": 0.5,
        "AverageRecall": 0.5,
    }


def test_labels_come_by_falling_f1_and_undefined_figures_are_left_out():
    pictures = [([box("melonpan"), box("anpan", 50)], [Found(box("melonpan"), 0.9)])]
    summary = json.loads(evaluation_summary(TRAINING, evaluate_boxes(pictures), is_detector=True))
    best, worst = summary["LabelEvaluationResults"]
    assert best["Label"] == "melonpan"
    assert worst["Metrics"] == {"F1Score": 0.0, "Recall": 0.0}


def test_summary_of_nothing_has_no_figures():
    summary = json.loads(evaluation_summary(TRAINING, evaluate_boxes([]), is_detector=True))
    assert summary["AggregatedEvaluationResults"] == {}
    assert summary["LabelEvaluationResults"] == []


def test_summary_is_named_as_the_service_names_it():
    assert summary_name("bread", "v2") == "EvaluationResultSummary-bread-v2.json"


def test_snapshot_of_a_detector_tells_hits_mistakes_and_misses():
    """A hit, a mistake, a hit below the threshold, a weak mistake (left out), and a bread nobody saw."""
    picture = BoxedLine(
        LINE,
        100,
        80,
        truths=[box(), box("melonpan", 50), box("melonpan", 75)],
        found=[
            Found(box(left=11), 0.9),
            Found(box(top=55), 0.8),
            Found(box("melonpan", 51), 0.2),
            Found(box("melonpan", 0, 40), 0.1),
        ],
    )
    thresholds = {"anpan": 0.5, "melonpan": 0.5}
    (line,) = lines_of(
        snapshot_of_boxes([picture], labels=["anpan", "melonpan"], thresholds=thresholds, at_ms=AT_MS)
    )
    assert {name: line[name] for name in LINE} == LINE
    found = [(each["class_id"], one["confidence"], *verdict_of(one)) for each, one in objects_of(line)]
    assert found == [
        (0, 0.9, "true-positive", True),
        (0, 0.8, "false-positive", False),
        (1, 0.2, "false-negative", True),
        (1, 0.0, "false-negative", True),
    ]
    metadata = line["rekognition-custom-labels-evaluation-metadata"]
    assert metadata["class-map"] == {"0": "anpan", "1": "melonpan"}
    assert metadata["human-annotated"] == "no"
    assert metadata["job-name"] == "rekognition-custom-labels-evaluation-job"
    assert metadata["type"] == "groundtruth/object-detection"
    details = metadata["objects"][0]["rekognition-custom-labels-evaluation-details"]
    assert details["ground-truth-labelling-jobs"] == ["labelled by hand"]


def test_verdicts_of_a_snapshot_add_up_to_the_figures_of_its_summary():
    truths = [box(), box(left=40), box(left=70), box("melonpan", 0, 50)]
    found = [Found(box(left=12), 0.9), Found(box(left=68), 0.3), Found(box("melonpan", 0, 51), 0.6)]
    evaluation = evaluate_boxes([(truths, found)], thresholds={"anpan": 0.5, "melonpan": 0.5})
    thresholds = {figures.label: figures.threshold for figures in evaluation.labels}
    content = snapshot_of_boxes(
        [BoxedLine(LINE, 100, 80, truths, found)],
        labels=["anpan", "melonpan"],
        thresholds=thresholds,
        at_ms=AT_MS,
    )
    verdicts = [verdict_of(one)[0] for _, one in objects_of(lines_of(content)[0])]
    assert verdicts.count("true-positive") == sum(each.true_positives for each in evaluation.labels) == 2
    assert verdicts.count("false-negative") == sum(each.false_negatives for each in evaluation.labels) == 2


def test_label_that_was_never_learnt_has_a_class_of_its_own():
    picture = BoxedLine(LINE, 100, 80, truths=[box("danish")], found=[])
    (line,) = lines_of(snapshot_of_boxes([picture], labels=["anpan"], thresholds={}, at_ms=AT_MS))
    assert line["rekognition-custom-labels-evaluation-metadata"]["class-map"] == {"0": "anpan", "1": "danish"}


def test_picture_without_breads_and_findings_has_empty_lists():
    (line,) = lines_of(
        snapshot_of_boxes([BoxedLine(LINE, 100, 80, [], [])], labels=["a"], thresholds={}, at_ms=0)
    )
    assert objects_of(line) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (box(left=1.5, top=2.4999, width=10, height=10), (2, 2, 10, 10)),
        (box(left=-5, top=-0.5, width=10, height=10), (0, 0, 5, 10)),
        (box(left=95, top=75, width=20, height=20), (95, 75, 5, 5)),
        (box(left=50.2, top=40.2, width=0.2, height=0.2), (50, 40, 1, 1)),
        (box(left=120, top=90, width=5, height=5), (99, 79, 1, 1)),
    ],
)
def test_boxes_are_clipped_to_the_picture_and_rounded_half_up(given, expected):
    rounded = pixel_box(given, width=100, height=80)
    assert (rounded["left"], rounded["top"], rounded["width"], rounded["height"]) == expected


def test_snapshot_of_a_classifier_tells_of_every_label():
    picture = TaggedLine(
        LINE, truths=["anpan", "danish"], scores={"anpan": 0.9, "melonpan": 0.6, "danish": 0.1}
    )
    labels = ["anpan", "baguette", "danish", "melonpan"]
    (line,) = lines_of(
        snapshot_of_tags([picture], labels=labels, thresholds=dict.fromkeys(labels, 0.5), at_ms=AT_MS)
    )
    told = []
    for number, label in enumerate(labels):
        metadata = line[f"rekognition-custom-labels-evaluation-{number}-metadata"]
        assert metadata["class-name"] == label
        assert metadata["creation-date"] == "2019-11-21T07:30:23.910000"
        told.append((line[f"rekognition-custom-labels-evaluation-{number}"], *verdict_of(metadata)))
        details = metadata["rekognition-custom-labels-evaluation-details"]
        assert details["ground-truth-labelling-jobs"] == ["kind"]
    assert told == [
        (1, "true-positive", True),
        (0, "true-negative", False),
        (0, "false-negative", True),
        (1, "false-positive", False),
    ]


def test_manifest_summary_has_the_layout_of_the_debugging_pages():
    error = {"code": "ERROR_INVALID_BOUNDING_BOX", "message": "The bounding box has off frame values."}
    training = ManifestStatistics("OBJECT_LOCALIZATION", 301, 146, 155, 0, [3, 9], [error])
    assert json.loads(manifest_summary(training=training, testing=None, errors=[error])) == {
        "statistics": {
            "training": {
                "use_case": "OBJECT_LOCALIZATION",
                "total_json_lines": 301,
                "valid_json_lines": 146,
                "invalid_json_lines": 155,
                "ignored_json_lines": 0,
                "error_json_line_indices": [3, 9],
                "errors": [error],
            }
        },
        "errors": [error],
    }


def test_manifest_has_a_line_each_and_keeps_japanese_readable():
    entries = [{"source-ref": "s3://breads/メロンパン.jpg"}, {"errors": [{"code": "A", "message": "b"}]}]
    content = manifest(entries)
    assert content.count(b"\n") == 2
    assert "メロンパン" in content.decode()
    assert lines_of(content) == entries
