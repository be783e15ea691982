"""The from–to fields of one day, as many as the page sends."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import QueryDict

from stores.domain.hours import DayHours, clock_text, plain_closing
from stores.domain.localtime import DAY_MINUTES
from stores.domain.typed import hours_typed


@dataclass(frozen=True, slots=True)
class SpanField:
    """One pair of fields as it stands on the page."""

    opens: str = ""
    closes: str = ""
    is_next_day: bool = False


@dataclass(slots=True)
class DayField:
    """One day on the page: its pairs, whether “closed” is ticked, and what is wrong with it.

    `key` tells the fields of several days apart. Nothing typed is lost: the pairs are what was typed.
    """

    key: str = ""
    label: str = ""
    spans: list[SpanField] = field(default_factory=list)
    is_closed: bool = False
    errors: list[str] = field(default_factory=list)

    @classmethod
    def of_hours(cls, hours: DayHours, *, key: str = "", label: str = "") -> DayField:
        """Show hours that stand."""
        spans = [
            SpanField(clock_text(opens), clock_text(plain_closing(opens, closes)), closes > DAY_MINUTES)
            for opens, closes in hours
        ]
        return cls(key, label, spans)

    @classmethod
    def of_data(cls, data: QueryDict, *, key: str = "", label: str = "") -> DayField:
        """Show what was sent."""
        opens, closes = data.getlist(f"opens{key}"), data.getlist(f"closes{key}")
        rows = max(len(opens), len(closes))
        opens, closes = opens + [""] * (rows - len(opens)), closes + [""] * (rows - len(closes))
        spans = [SpanField(*pair) for pair in zip(opens, closes, strict=True) if any(map(str.strip, pair))]
        return cls(key, label, spans, is_closed=f"closed{key}" in data)

    @property
    def hours(self) -> DayHours:
        """The hours the fields mean; none when “closed” is ticked. Raises InvalidHours."""
        if self.is_closed:
            return ()
        return hours_typed((span.opens, span.closes) for span in self.spans)

    @property
    def rows(self) -> list[SpanField]:
        """The pairs to draw: those there are and an empty one for one more."""
        return [*self.spans, SpanField()]
