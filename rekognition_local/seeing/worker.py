"""A looking process: takes a picture and the path of a model, answers with everything the model sees on it.

`python -m rekognition_local.seeing.worker` is started by the pool, one per processor core.
"""

import logging
import os
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import cv2

from rekognition_local.errors import INTERNAL_SERVER_ERROR, ServiceError
from rekognition_local.pictures import decode
from rekognition_local.seeing.messages import receive, send
from rekognition_local.vision.classifier import Classifier
from rekognition_local.vision.detector import Detector
from rekognition_local.vision.model_file import load
from rekognition_local.vision.shapes import Pixels

log = logging.getLogger(__name__)

_KEPT_MODELS = 8
_models: OrderedDict[str, Detector | Classifier] = OrderedDict()


def main() -> None:
    """Answer until the server hangs up."""
    cv2.setNumThreads(1)
    answers = _own_output()
    while True:
        try:
            question, content = receive(sys.stdin.buffer)
        except EOFError:
            return
        send(answers, _answer(question["model"], content))


def _own_output() -> BinaryIO:
    """The pipe to the server; whatever else prints goes to the log instead of between two answers."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _answer(model: str, content: bytes) -> dict[str, Any]:
    try:
        eyes = _loaded(model)
        return {"labels": _seen(eyes, decode(content)) if content else []}
    except ServiceError as error:
        return {"error": [error.code, error.message]}
    except Exception:
        # The outermost edge of this process: the client gets the service's own 500, the log the cause.
        log.exception("A picture could not be looked at with %s", model)
        return {"error": [INTERNAL_SERVER_ERROR, "Rekognition Local has a bug; see its log."]}


def _loaded(model: str) -> Detector | Classifier:
    if model not in _models:
        _models[model] = load(Path(model))
        if len(_models) > _KEPT_MODELS:
            _models.popitem(last=False)
    _models.move_to_end(model)
    return _models[model]


def _seen(eyes: Detector | Classifier, pixels: Pixels) -> list[dict[str, Any]]:
    """Labels as DetectCustomLabels has them: confidence in percent, boxes as ratios, most confident first."""
    if isinstance(eyes, Classifier):
        return [{"Name": label, "Confidence": score * 100} for label, score in eyes.classify(pixels)]
    height, width = pixels.shape[:2]
    return [
        {
            "Name": found.box.label,
            "Confidence": found.score * 100,
            "Geometry": {
                "BoundingBox": {
                    "Width": found.box.width / width,
                    "Height": found.box.height / height,
                    "Left": found.box.left / width,
                    "Top": found.box.top / height,
                }
            },
        }
        for found in eyes.detect(pixels)
    ]


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    main()
