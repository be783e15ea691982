"""The server's own time: every status, limit, bill and Date header is taken from it, never from the wall.

One rule serves all three modes: local time = anchor + scale x real time since the anchor. Manual is scale 0.
"""

import time
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True, slots=True)
class ClockRecord:
    """What the data directory remembers of the clock."""

    local_ms: int
    wall_ms: int
    scale: float
    last_write_ms: int = 0

    def resumed_at(self, wall_ms: int) -> int:
        """Local time now. Time went on while the server was down, as the real service's would have.

        `last_write_ms` guards against a wall clock set back between two runs: local time never runs
        backwards.
        """
        elapsed_ms = max(0, wall_ms - self.wall_ms)
        return max(self.last_write_ms, self.local_ms + int(self.scale * elapsed_ms))


class Clock:
    def __init__(self, *, local_ms: int, scale: float) -> None:
        self.scale = scale
        self._anchor = (local_ms, time.monotonic_ns())
        self._lock = Lock()

    def now_ms(self) -> int:
        local_ms, since_ns = self._anchor
        return local_ms + int(self.scale * (time.monotonic_ns() - since_ns)) // 1_000_000

    def advance(self, by_ms: int) -> int:
        """Move forward and return the new instant."""
        with self._lock:
            local_ms = self.now_ms() + by_ms
            self._anchor = (local_ms, time.monotonic_ns())
        return local_ms

    def set_to(self, at_ms: int) -> int:
        """Jump to an instant; whether a jump back is allowed is the caller's to decide."""
        with self._lock:
            self._anchor = (at_ms, time.monotonic_ns())
        return at_ms

    def record(self) -> ClockRecord:
        now_ms = self.now_ms()
        return ClockRecord(local_ms=now_ms, wall_ms=wall_ms(), scale=self.scale, last_write_ms=now_ms)


def wall_ms() -> int:
    return time.time_ns() // 1_000_000
