"""Calls a second, kept below AWS's limit by spacing calls of one operation."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable


class Pacer:
    """Lets at most `calls_per_second` calls of an operation begin in any second; waits a moment otherwise.

    A wait is at most one second: this is spacing inside a burst, not waiting for a state.
    """

    def __init__(
        self,
        calls_per_second: int,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limit = calls_per_second
        self._monotonic = monotonic
        self._sleep = sleep
        self._begun: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def pause(self, operation: str) -> None:
        """Wait until a call of `operation` may begin, and count it."""
        with self._lock:
            begun = self._begun[operation]
            now = self._monotonic()
            if len(begun) == self._limit:
                wait = begun[0] + 1.02 - now
                if wait > 0:
                    self._sleep(wait)
                    now = self._monotonic()
                begun.popleft()
            begun.append(now)
