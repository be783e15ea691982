"""How many photos one act takes."""

from __future__ import annotations

from collections.abc import Sequence

from stores.domain.sentences import Refusal

MOST = 5_000
"""So many photos at once; more would keep others from reviewing for too long."""


class TooMany(Refusal):
    """More photos than one act takes."""

    code = "too_many"


def refuse_too_many(photos: Sequence[int]) -> None:
    """Raise TooMany for more photos than one act takes."""
    if len(photos) > MOST:
        raise TooMany("%(count)s photos are too many at once. Narrow the filter to %(most)s.",
                      count=len(photos), most=MOST)  # fmt: skip
