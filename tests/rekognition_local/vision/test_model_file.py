from pathlib import Path

import numpy as np
import pytest

from rekognition_local.vision.classifier import Classifier, train_classifier
from rekognition_local.vision.detector import Detector, train_detector
from rekognition_local.vision.model_file import BadModelFile, load, save
from rekognition_local.vision.shapes import TaggedPicture
from tests.rekognition_local.vision.drawn import CROISSANT, MELON, draw


@pytest.fixture(scope="module")
def detector() -> Detector:
    return train_detector([draw(seed, [MELON, CROISSANT]) for seed in range(3)], seed=1)


def test_loaded_detector_finds_exactly_the_same(detector: Detector, tmp_path: Path) -> None:
    save(detector, tmp_path / "model")
    again = load(tmp_path / "model")
    pixels = draw(50).pixels
    assert isinstance(again, Detector)
    assert (again.labels, again.thresholds) == (detector.labels, detector.thresholds)
    assert again.detect(pixels) == detector.detect(pixels) != []


def test_loaded_classifier_scores_exactly_the_same(tmp_path: Path) -> None:
    pictures = [
        TaggedPicture(draw(seed, [label]).pixels, (label,)) for seed, label in enumerate([MELON, CROISSANT])
    ]
    classifier = train_classifier(pictures, seed=1)
    save(classifier, tmp_path / "model")
    again = load(tmp_path / "model")
    assert isinstance(again, Classifier)
    assert again.classify(pictures[0].pixels) == classifier.classify(pictures[0].pixels)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_truncated_file_is_refused(detector: Detector, tmp_path: Path, share: float) -> None:
    save(detector, tmp_path / "model")
    whole = (tmp_path / "model").read_bytes()
    (tmp_path / "model").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BadModelFile, match="not a whole model file"):
        load(tmp_path / "model")


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", about=np.array('{"kind": "detector/0", "labels": [], "thresholds": {}}'))
    np.save(tmp_path / "array.npy", np.zeros(3))
    (tmp_path / "text").write_text("hello")
    for name in ("other.npz", "array.npy", "text"):
        with pytest.raises(BadModelFile):
            load(tmp_path / name)


def test_missing_file_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none")


def test_failed_save_keeps_the_old_file(
    detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    (tmp_path / "model").write_bytes(b"old")
    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(OSError, match="disk full"):
        save(detector, tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert (tmp_path / "model").read_bytes() == b"old"
