import numpy as np
import pytest

from rekognition_local.vision.classifier import Classifier, train_classifier
from rekognition_local.vision.shapes import TaggedPicture
from tests.rekognition_local.vision.drawn import CROISSANT, MELON, TOAST, draw


def tagged(seed: int, *labels: str) -> TaggedPicture:
    return TaggedPicture(draw(seed, labels * 2).pixels, labels)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    kinds = ([MELON], [CROISSANT], [TOAST], [MELON, TOAST])
    return train_classifier((tagged(seed, *kinds[seed % 4]) for seed in range(24)), seed=3)


@pytest.mark.parametrize("labels", [(MELON,), (CROISSANT,), (TOAST,), (TOAST, MELON)])
def test_labels_above_their_thresholds_are_those_shown(
    classifier: Classifier, labels: tuple[str, ...]
) -> None:
    scored = classifier.classify(tagged(200, *labels).pixels)
    assert {label for label, score in scored if score >= classifier.thresholds[label]} == set(labels)


def test_every_label_is_scored_by_falling_score(classifier: Classifier) -> None:
    scored = classifier.classify(tagged(201, CROISSANT).pixels)
    assert sorted(classifier.labels) == sorted(label for label, _ in scored)
    assert [score for _, score in scored] == sorted((score for _, score in scored), reverse=True)
    assert all(0 <= score <= 1 for _, score in scored)


@pytest.mark.drill
def test_same_pictures_and_seed_give_same_scores() -> None:
    pictures = [tagged(seed, (MELON, TOAST)[seed % 2]) for seed in range(6)]
    one, other = (train_classifier(pictures, seed=1) for _ in range(2))
    assert one.thresholds == other.thresholds
    assert one.classify(pictures[0].pixels) == other.classify(pictures[0].pixels)


def test_single_label_on_single_picture_is_learnt() -> None:
    classifier = train_classifier([tagged(1, MELON)], seed=1)
    [(label, score)] = classifier.classify(np.zeros((64, 64, 3), np.uint8))
    assert label == MELON
    assert 0 <= score <= 1


def test_training_is_refused_when_no_picture_has_a_label() -> None:
    with pytest.raises(ValueError, match="none of the pictures has a label"):
        train_classifier([tagged(1)], seed=1)
