"""How much may be handed in through a page; more is for the command on the server."""

from __future__ import annotations

from collections.abc import Sequence

from detections.domain.training.layout import Offer
from detections.domain.training.pictures import UnreadableSet

MOST_UPLOAD_BYTES = 200_000_000
MOST_PICTURES = 500
MOST_LINES = 10_000


def check_amount(offers: Sequence[Offer]) -> None:
    """Raise UnreadableSet for more than one request takes in: pictures are read, lines only written down."""
    if sum(bool(each.file) for each in offers) > MOST_PICTURES:
        raise UnreadableSet(
            "At most %(most)s pictures are taken at once. Hand them in in parts, or use import_labelled.",
            most=MOST_PICTURES,
        )
    if len(offers) > MOST_LINES:
        raise UnreadableSet(
            "At most %(most)s lines are taken at once. Hand them in in parts, or use import_labelled.",
            most=MOST_LINES,
        )
