"""Where the edge joins the learning loop to AWS and to the place for pictures."""

from __future__ import annotations

from detections.domain.ports import Eyes
from detections.gateways.picture_files import StoredPictures
from detections.gateways.rekognition import eyes_for
from models_registry.models import Connection
from models_registry.wiring import account_of

PICTURES = StoredPictures()


def open_eyes(connection: Connection) -> Eyes:
    """Return DetectCustomLabels of a connection; the same object for the same settings in one process."""
    return eyes_for(account_of(connection))
