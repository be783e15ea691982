"""The server's own time: every status, limit, bill and Date header is taken from it, never from the wall.

One rule serves all three modes: local time = anchor + scale x real time since the anchor. Manual is scale 0.
"""

import time
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where local and real time were tied together; what the data directory remembers of the clock."""

    local_ms: int
    wall_ms: float
    scale: float

    def local_at(self, wall_ms: float) -> int:
        """Local time at a real instant. It goes on while no server runs, as the real service's would."""
        return self.local_ms + int(self.scale * max(0.0, wall_ms - self.wall_ms))


class Clock:
    """Follows the wall rather than a counter, which would stand still while a laptop sleeps.

    A wall clock that is set back makes local time stand still for a while; it never runs backwards.
    """

    def __init__(self, *, local_ms: int, scale: float) -> None:
        self.scale = scale
        self._lock = Lock()
        self.set_to(local_ms)

    def set_to(self, at_ms: int) -> None:
        """Go on from an instant; whether a jump back is allowed is the caller's to decide."""
        with self._lock:
            self.anchor = Anchor(at_ms, wall_ms(), self.scale)
            self._latest_ms = at_ms

    def now_ms(self) -> int:
        with self._lock:
            self._latest_ms = max(self._latest_ms, self.anchor.local_at(wall_ms()))
            return self._latest_ms


def wall_ms() -> float:
    return time.time() * 1000
