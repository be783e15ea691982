from dataclasses import replace

import cv2
import numpy as np
import pytest

from rekognition_local.vision.detector import Detector, train_detector
from rekognition_local.vision.evaluation import evaluate_boxes
from rekognition_local.vision.shapes import Box, BoxedPicture, Found
from tests.rekognition_local.vision.drawn import CROISSANT, MELON, TOAST, draw

TRAINING = range(9)
UNSEEN = range(100, 112)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return train_detector((draw(seed) for seed in TRAINING), seed=7)


def believed(detector: Detector, found: list[Found]) -> list[Found]:
    return [one for one in found if one.score >= detector.thresholds[one.box.label]]


def test_unseen_shapes_are_found_with_their_labels(detector: Detector) -> None:
    pictures = [draw(seed) for seed in UNSEEN]
    judged = [(picture.boxes, detector.detect(picture.pixels)) for picture in pictures]
    figures = evaluate_boxes(judged, thresholds=detector.thresholds)
    assert figures.mean_average_precision is not None
    assert figures.micro_f1 is not None
    assert figures.mean_average_precision > 0.95
    assert figures.micro_f1 > 0.9


def test_labels_are_those_of_the_training_in_any_script(detector: Detector) -> None:
    assert set(detector.labels) == {MELON, CROISSANT, TOAST} == set(detector.thresholds)
    assert all(0 < threshold < 1 for threshold in detector.thresholds.values())


@pytest.mark.drill
def test_same_pictures_and_seed_give_same_model_whatever_the_threads(detector: Detector) -> None:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        again = train_detector([draw(seed) for seed in TRAINING], seed=7)
        found = again.detect(draw(100).pixels)
    finally:
        cv2.setNumThreads(threads)
    assert again.thresholds == detector.thresholds
    assert found == detector.detect(draw(100).pixels)


def test_weak_findings_and_runners_up_are_included_by_falling_score(detector: Detector) -> None:
    found = detector.detect(draw(101, [MELON, TOAST]).pixels)
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True)
    assert len(believed(detector, found)) < len(found) <= 300
    best = replace(found[0].box, label="")
    assert len({one.box.label for one in found if replace(one.box, label="") == best}) > 1


def test_empty_table_shows_nothing_to_believe(detector: Detector) -> None:
    table = draw(102, []).pixels
    assert believed(detector, detector.detect(table)) == []


def test_boxes_stay_inside_when_an_item_is_cut_off(detector: Detector) -> None:
    picture = draw(103, [MELON] * 6).pixels[30:200, 40:290]
    found = detector.detect(np.ascontiguousarray(picture))
    assert found
    for one in found:
        assert one.box.left >= 0
        assert one.box.top >= 0
        assert one.box.left + one.box.width <= 250 + 1e-9
        assert one.box.top + one.box.height <= 170 + 1e-9


@pytest.mark.parametrize("width", [200, 3000])
def test_boxes_are_in_pixels_of_the_given_picture_when_it_is_scaled(detector: Detector, width: int) -> None:
    picture = draw(104, [CROISSANT, MELON])
    scale = width / 320
    pixels = cv2.resize(picture.pixels, (width, round(240 * scale)), interpolation=cv2.INTER_CUBIC)
    truths = [Box(b.label, *(v * scale for v in (b.left, b.top, b.width, b.height))) for b in picture.boxes]
    figures = evaluate_boxes([(truths, detector.detect(np.asarray(pixels, np.uint8)))])
    assert figures.recall == 1.0
    assert figures.mean_average_precision == pytest.approx(1.0)


def test_tiny_and_narrow_pictures_are_answered(detector: Detector) -> None:
    for size in ((64, 64), (64, 640)):
        detector.detect(np.full((*size, 3), 128, np.uint8))


def test_one_label_on_one_picture_suffices() -> None:
    picture = draw(5, [MELON, MELON, MELON])
    detector = train_detector([picture], seed=1)
    found = evaluate_boxes([(draw(6, [MELON]).boxes, detector.detect(draw(6, [MELON]).pixels))])
    assert detector.labels == (MELON,)
    assert found.recall == 1.0


@pytest.mark.drill
def test_label_with_one_box_is_found_again_beside_common_ones() -> None:
    pictures = [draw(seed, [MELON, CROISSANT]) for seed in range(5)] + [draw(9, [TOAST, MELON])]
    detector = train_detector(pictures, seed=1)
    picture = draw(110, [TOAST])
    assert detector.detect(picture.pixels)[0].box.label == TOAST


def test_box_over_the_whole_picture_can_be_learnt() -> None:
    pixels = draw(1, [MELON]).pixels
    detector = train_detector([BoxedPicture(pixels, (Box(MELON, -5, 0, 400, 240),))], seed=1)
    assert detector.labels == (MELON,)
    detector.detect(pixels)


def test_pictures_without_boxes_are_background_to_learn_from() -> None:
    pictures = [draw(1, [MELON, MELON]), draw(2, []), draw(3, []), draw(4, [])]
    detector = train_detector(pictures, seed=1)
    assert believed(detector, detector.detect(draw(5, []).pixels)) == []


def test_training_is_refused_when_no_picture_has_a_box() -> None:
    with pytest.raises(ValueError, match="none of the pictures has a box"):
        train_detector([draw(1, [])], seed=1)


def test_progress_rises_to_one_and_pictures_are_taken_one_by_one() -> None:
    heard: list[float] = []
    train_detector((draw(seed, [MELON]) for seed in range(3)), seed=1, watch=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
