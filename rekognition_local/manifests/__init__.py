"""Manifests in SageMaker Ground Truth's format: reading, judging, splitting.

No state, no clock, no network.
"""

from rekognition_local.manifests.entries import Annotation, Entry, UseCase, as_text, read_line
from rekognition_local.manifests.files import (
    MAX_BYTES,
    MAX_ROWS,
    iterate_manifest,
    read_lines,
    read_manifest,
    require_extension,
    text_lines,
)
from rekognition_local.manifests.judging import Report, Verdict, check_training
from rekognition_local.manifests.messages import ManifestFault
from rekognition_local.manifests.pictures import Look, check_picture, checked_with, look_at
from rekognition_local.manifests.splitting import Splittable, choose_for_test, split_for_test

__all__ = [
    "MAX_BYTES",
    "MAX_ROWS",
    "Annotation",
    "Entry",
    "Look",
    "ManifestFault",
    "Report",
    "Splittable",
    "UseCase",
    "Verdict",
    "as_text",
    "check_picture",
    "check_training",
    "checked_with",
    "choose_for_test",
    "iterate_manifest",
    "look_at",
    "read_line",
    "read_lines",
    "read_manifest",
    "require_extension",
    "split_for_test",
    "text_lines",
]
