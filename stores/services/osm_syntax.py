"""OpenStreetMap opening hours read by our converter, with a second opinion on the grammar."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

import opening_hours

from stores.domain.osm import OsmHours, parse_osm
from stores.domain.osm_tokens import Token, UnsupportedOpeningHours, tidy

_PLACE = re.compile(r"--> \d+:(\d+)")
_NOT_GRAMMAR = "This is not OpenStreetMap's way of writing. Write it like Mo-Fr 07:00-19:30; Sa 07:00-13:00."


@lru_cache(maxsize=4096)
def read_opening_hours(text: str, *, on: date) -> OsmHours:
    """Return the week and dates of `text`; raise a Refusal that names the column and the reason.

    Our converter speaks first, for it has a reason for everything it refuses; what it reads must also be
    grammar to the `opening_hours` package. Do not change the result: it is cached.
    """
    hours = parse_osm(text, on)
    tidied = tidy(text)
    try:
        if tidied:
            opening_hours.validate(tidied)
    except opening_hours.ParserError as error:  # type: ignore[attr-defined]  # its stub forgot it
        found = _PLACE.search(str(error))
        column = int(found.group(1)) if found else 1
        raise UnsupportedOpeningHours(_NOT_GRAMMAR, Token("word", tidied[column - 1 :], column)) from error
    return hours
