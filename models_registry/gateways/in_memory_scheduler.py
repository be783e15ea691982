"""A schedule group in memory, for the contract suite, service tests and benches: same port, no HTTP.

Like the real one it keeps what it is told; it carries nothing out. `fail_next` makes the next calls raise.
"""

from __future__ import annotations

from models_registry.domain.schedules import Schedule, SchedulerError


class InMemoryScheduler:
    """One schedule group."""

    def __init__(self) -> None:
        self.schedules: dict[str, Schedule] = {}
        self.fail_next: list[SchedulerError] = []
        self.calls: list[tuple[str, str]] = []

    def put(self, schedule: Schedule) -> None:
        """Create the schedule, or replace the one of its name."""
        self._begin("put", schedule.name)
        self.schedules[schedule.name] = schedule

    def remove(self, name: str) -> None:
        """Delete a schedule; one that is not there is no error."""
        self._begin("remove", name)
        self.schedules.pop(name, None)

    def get(self, name: str) -> Schedule | None:
        """Return a schedule, or None."""
        self._begin("get", name)
        return self.schedules.get(name)

    def names(self, prefix: str = "") -> list[str]:
        """Return the names that begin with the prefix."""
        self._begin("names", prefix)
        return sorted(name for name in self.schedules if name.startswith(prefix))

    def _begin(self, operation: str, name: str) -> None:
        self.calls.append((operation, name))
        if self.fail_next:
            raise self.fail_next.pop(0)
