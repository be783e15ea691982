"""Requests per second: at most N of an operation in any second of the server's clock, per region."""

from collections import deque

from rekognition_local.errors import ServiceError

_WINDOW_MS = 1000


class Throttle:
    """A sliding window, kept in memory only: a restart takes longer than a window lasts."""

    def __init__(self) -> None:
        self._admitted: dict[tuple[str, str], deque[int]] = {}

    def admit(self, *, region: str, operation: str, limit: int | None, at_ms: int) -> None:
        """Let the request in or raise ThrottlingException.

        A refused request does not count against the next one.
        """
        if limit is None:
            return
        window = self._admitted.setdefault((region, operation), deque())
        while window and window[0] <= at_ms - _WINDOW_MS:
            window.popleft()
        if len(window) >= limit:
            raise ServiceError(
                "ThrottlingException", f"Rate exceeded: {operation} is limited to {limit} per second."
            )
        window.append(at_ms)

    def forget(self) -> None:
        self._admitted.clear()
