"""Keeps a model in one file: plain arrays in NumPy's archive, names and thresholds as JSON, no code."""

import json
import os
import tempfile
import zipfile
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from rekognition_local.vision.classifier import Classifier
from rekognition_local.vision.detector import Detector

_KINDS: dict[str, type[Detector] | type[Classifier]] = {"detector/1": Detector, "classifier/1": Classifier}


class BadModelFile(ValueError):
    """The file is cut short, or was never a model of this version."""


def save(model: Detector | Classifier, path: Path) -> None:
    """Write the model; the file appears whole or not at all."""
    kind = next(name for name, cls in _KINDS.items() if isinstance(model, cls))
    about = json.dumps({"kind": kind, "labels": model.labels, "thresholds": model.thresholds})
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
        try:
            np.savez_compressed(file, about=np.array(about), **_arrays(model))
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def load(path: Path) -> Detector | Classifier:
    """Read a model. Raises BadModelFile for anything but a whole file written by `save`."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            arrays = {Path(name).stem: _array(archive, name) for name in archive.namelist()}
        about = json.loads(str(arrays.pop("about")))
        own = {"labels": tuple(about["labels"]), "thresholds": about["thresholds"]}
        model: Detector | Classifier = _built(_KINDS[about["kind"]], arrays, own)
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise BadModelFile(f"{path.name} is not a whole model file ({error}).") from error
    return model


def _array(archive: zipfile.ZipFile, name: str) -> Any:
    with archive.open(name) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _arrays(part: Any, prefix: str = "") -> dict[str, Any]:
    """Every array in a dataclass and the dataclasses in it, by dotted name."""
    found: dict[str, Any] = {}
    for field in fields(part):
        value = getattr(part, field.name)
        if is_dataclass(value):
            found |= _arrays(value, f"{prefix}{field.name}.")
        elif isinstance(value, np.ndarray):
            found[prefix + field.name] = value
    return found


def _built(cls: Any, arrays: dict[str, Any], own: dict[str, Any], prefix: str = "") -> Any:
    values = {}
    for name, kind in get_type_hints(cls).items():
        nested = is_dataclass(kind)
        values[name] = (
            own[name]
            if name in own
            else (_built(kind, arrays, {}, f"{prefix}{name}.") if nested else arrays[prefix + name])
        )
    return cls(**values)
