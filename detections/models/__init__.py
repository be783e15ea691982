"""What is written down of photos: the log, its thresholds, the registers' keys and the work that follows."""

from detections.models.detection import Correction, DetectedLabel, Detection, Label
from detections.models.health import StoreHour
from detections.models.keys import ApiKey
from detections.models.product import Product
from detections.models.thresholds import DetectionSettings, ThresholdSet
from detections.models.views import SavedView
from detections.models.work import Batch, Export

__all__ = [
    "ApiKey",
    "Batch",
    "Correction",
    "DetectedLabel",
    "Detection",
    "DetectionSettings",
    "Export",
    "Label",
    "Product",
    "SavedView",
    "StoreHour",
    "ThresholdSet",
]
