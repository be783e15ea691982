"""The test set that a training leaves behind: read, judged, and held against AWS's own flags and figures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from detections.domain.evaluation.agreement import agreement
from detections.domain.evaluation.figures import Counts, macro, mean_average_precision
from detections.domain.evaluation.judging import judge, weak_score
from detections.domain.evaluation.snapshot import (
    Flag,
    SnapshotUnreadable,
    SnapshotWithoutBoxes,
    lowest_scores,
    packed,
    read_snapshot,
    unpacked,
)
from tests.detections.evaluation.real import lines_of, real_set

PREDICTION = "rekognition-custom-labels-evaluation"
BOXES = "groundtruth/object-detection"


def place(left: int, class_id: int = 0) -> dict[str, int]:
    return {"class_id": class_id, "left": left, "top": 10, "width": 20, "height": 20}


def said(flag: str, confidence: float) -> dict[str, Any]:
    names = ("is-true-positive", "is-true-negative", "is-false-positive", "is-false-negative")
    details = {"version": 1, **{name: name == flag for name in names}}
    return {"confidence": confidence, f"{PREDICTION}-details": details}


def line(truths: list[dict[str, int]], found: list[tuple[dict[str, int], dict[str, Any]]]) -> dict[str, Any]:
    size, names = [{"width": 100, "height": 50, "depth": 3}], {"0": "あんぱん", "1": "melon"}
    return {
        "source-ref": "s3://breads/1.jpg",
        "bread": {"image_size": size, "annotations": truths},
        "bread-metadata": {"objects": [{"confidence": 1}] * len(truths), "class-map": names, "type": BOXES},
        PREDICTION: {"image_size": size, "annotations": [one for one, _ in found]},
        f"{PREDICTION}-metadata": {"objects": [one for _, one in found], "class-map": names, "type": BOXES},
    }


def written(*lines: object) -> bytes:
    return b"\n".join(json.dumps(each, ensure_ascii=False).encode() for each in lines) + b"\n"


def test_figures_of_a_real_training_are_its_own() -> None:
    real = real_set()
    tested = read_snapshot(real.snapshot).tested
    low = lowest_scores(tested, {})
    judged = judge([each.picture() for each in tested], low.__getitem__, low)
    ours, theirs = macro(judged.counts), real.evaluation
    assert ours.precision == pytest.approx(theirs.precision)
    assert ours.recall == pytest.approx(theirs.recall)
    assert ours.f1 == pytest.approx(theirs.f1)
    assert 0 < (mean_average_precision(judged.curves.values()) or 0) <= theirs.mean_average_precision  # type: ignore[operator]


def test_flags_of_a_real_training_are_ours() -> None:
    found = agreement(read_snapshot(real_set().snapshot).tested)
    assert found.agreed == found.flagged > len(real_set().lines)
    assert found.disagreements == ()


def test_flag_that_is_turned_round_is_told() -> None:
    lines = lines_of(real_set().snapshot)
    flags = [each[f"{PREDICTION}-details"] for each in lines[2][f"{PREDICTION}-metadata"]["objects"]]
    box = next(place for place, each in enumerate(flags) if each["is-true-positive"])
    flags[box] |= {"is-true-positive": False, "is-false-positive": True}
    found = agreement(read_snapshot(written(*lines)).tested)
    ((theirs, ours, count),) = found.kinds
    assert (theirs, ours, count) == (Flag.FP, Flag.TP, 1)
    assert (found.disagreements[0].picture, found.disagreements[0].box) == (2, box)
    assert found.rate == (found.flagged - 1) / found.flagged


def test_true_box_that_nothing_found_is_no_finding() -> None:
    content = written(
        line([place(0), place(40)], [
            (place(1), said("is-true-positive", 0.9)), (place(40), said("is-false-negative", 0.0)),
        ])
    )  # fmt: skip
    (tested,) = read_snapshot(content).tested
    assert len(tested.boxes) == 2
    assert [each.score for each in tested.picture().found] == [0.9]
    judged = judge([tested.picture()], lambda label: 0.0)
    assert judged.counts["あんぱん"] == Counts(tp=1, fn=1)


def test_weak_box_that_hits_is_a_finding_but_no_figure_counts_it() -> None:
    content = written(
        line([place(0), place(40)], [
            (place(1), said("is-true-positive", 0.9)), (place(40), said("is-false-negative", 0.3)),
        ])
    )  # fmt: skip
    tested = read_snapshot(content).tested
    low = lowest_scores(tested, {"あんぱん": 0.8123456789})
    assert low == {"あんぱん": 0.8123456789}
    judged = judge([each.picture() for each in tested], low.__getitem__, low)
    assert [case.cause for case in judged.cases[0]] == ["HIT", "NEAR_MISS"]
    assert [weak_score(judged.pictures[0], case) for case in judged.cases[0]] == [None, 0.3]
    assert judged.curves["あんぱん"].pairs == ((0.9, True),)


def test_weakest_kept_box_stands_for_a_threshold_that_is_not_known() -> None:
    content = written(line([place(0)], [(place(1), said("is-false-positive", 0.4))]))
    assert lowest_scores(read_snapshot(content).tested, {}) == {"あんぱん": 0.4}


def test_lines_without_boxes_are_left_out_and_counted() -> None:
    good = line([place(0)], [(place(1), said("is-true-positive", 0.9))])
    tagged = {"source-ref": "s3://breads/2.jpg", "kind": 1, "kind-metadata": {"class-name": "melon"}}
    wrong = line([place(0)], [(place(1), said("is-true-positive", 7))])
    found = read_snapshot(written(good, tagged, wrong, [], 3) + b"{cut sh")
    assert (len(found.tested), found.skipped, found.total) == (1, 5, 6)
    assert not found.is_cut


def test_what_a_cache_holds_comes_back_the_same() -> None:
    found = read_snapshot(real_set().snapshot)
    assert unpacked(packed(found)) == found


def test_more_pictures_than_a_page_takes_are_only_counted() -> None:
    good = line([place(0)], [(place(1), said("is-true-positive", 0.9))])
    found = read_snapshot(written(*[good] * 5), most=3)
    assert (len(found.tested), found.total, found.is_cut) == (3, 5, True)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"<html>", b"{}", b"[1]", b"\xff\xfe"])
def test_what_is_no_snapshot_is_refused(content: bytes) -> None:
    with pytest.raises(SnapshotUnreadable):
        read_snapshot(content)


def test_snapshot_of_whole_pictures_says_so() -> None:
    meta = {"class-name": "melon", "confidence": 0.9}
    tagged = {"source-ref": "s3://b/1.jpg", f"{PREDICTION}-0": 1, f"{PREDICTION}-0-metadata": meta}
    with pytest.raises(SnapshotWithoutBoxes):
        read_snapshot(written(tagged))
