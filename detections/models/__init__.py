"""What is written down of photos: the log, its thresholds, the registers' keys."""

from detections.models.batch import Batch
from detections.models.detection import Correction, DetectedLabel, Detection, Label
from detections.models.exports import Export
from detections.models.health import HourToRecount, StoreHour
from detections.models.keys import ApiKey
from detections.models.product import Product
from detections.models.review import Annotation, BulkAct, Review
from detections.models.thresholds import DetectionSettings, ThresholdSet
from detections.models.views import SavedView

__all__ = [
    "Annotation",
    "ApiKey",
    "Batch",
    "BulkAct",
    "Correction",
    "DetectedLabel",
    "Detection",
    "DetectionSettings",
    "Export",
    "HourToRecount",
    "Label",
    "Product",
    "Review",
    "SavedView",
    "StoreHour",
    "ThresholdSet",
]
