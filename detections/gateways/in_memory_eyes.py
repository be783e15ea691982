"""Eyes in memory, for service tests: what is seen is what was put there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from detections.domain.places import RawLabel
from detections.domain.ports import Seen


class InMemoryEyes:
    """Answers with `labels`, or with the next of `answers` (labels or an error to raise)."""

    def __init__(self, labels: Iterable[RawLabel] = ()) -> None:
        self.labels = tuple(labels)
        self.answers: deque[tuple[RawLabel, ...] | Exception] = deque()
        self.calls: list[tuple[str, int, float]] = []

    def detect(self, version_arn: str, picture: bytes, *, min_confidence: float) -> Seen:
        """Note the call and answer it."""
        self.calls.append((version_arn, len(picture), min_confidence))
        answer = self.answers.popleft() if self.answers else self.labels
        if isinstance(answer, Exception):
            raise answer
        return Seen(tuple(each for each in answer if each.confidence >= min_confidence), 1)
