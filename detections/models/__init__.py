"""What is written down of photos: the log, its thresholds, the registers' keys."""

from detections.models.batch import Batch
from detections.models.closing import CloseQuestion
from detections.models.comparison import SecondLook, VersionComparison
from detections.models.detection import Correction, DetectedLabel, Detection, Label
from detections.models.exports import Export
from detections.models.health import HourToRecount, StoreHour
from detections.models.keys import ApiKey, KeyAddress
from detections.models.product import Product
from detections.models.review import Annotation, BulkAct, Review, ReviewAssignment, SecondOpinion
from detections.models.thresholds import DetectionSettings, ThresholdSet
from detections.models.training import BroughtPicture, LabelledImport, TrainingEntry, TrainingSet
from detections.models.views import SavedView

__all__ = [
    "Annotation",
    "ApiKey",
    "Batch",
    "BroughtPicture",
    "BulkAct",
    "CloseQuestion",
    "Correction",
    "DetectedLabel",
    "Detection",
    "DetectionSettings",
    "Export",
    "HourToRecount",
    "KeyAddress",
    "Label",
    "LabelledImport",
    "Product",
    "Review",
    "ReviewAssignment",
    "SavedView",
    "SecondLook",
    "SecondOpinion",
    "StoreHour",
    "ThresholdSet",
    "TrainingEntry",
    "TrainingSet",
    "VersionComparison",
]
