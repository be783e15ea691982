"""The words of OpenStreetMap's `opening_hours`, with their columns, and the reasons why some are refused."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stores.domain.sentences import Refusal, Word

DAYS = {name: index for index, name in enumerate(("mo", "tu", "we", "th", "fr", "sa", "su"))}
MONTHS = {
    name: index
    for index, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
STATES = frozenset({"off", "closed", "open"})
_PIECES = re.compile(
    r"(?P<always>24/7)|(?P<time>\d{1,2}:\d{2}(?!\d))|(?P<year>\d{4}(?!\d))|(?P<number>\d+)"
    r"|(?P<word>[^\W\d_]+)|(?P<mark>\|\||\S)"
)
_SUN = frozenset({"sunrise", "sunset", "dawn", "dusk"})
_HOLIDAYS = "Public and school holidays are not hours of the week. Accept them under “Holiday proposals”."
_SUNLIGHT = "Times of the sun differ from day to day. Write a clock time."
_REASONS = {
    "ph": _HOLIDAYS,
    "sh": _HOLIDAYS,
    "week": "Weeks of the year cannot be said here. Write dates with a year, such as 2026 Dec 31.",
    "easter": "Easter moves from year to year. Write its date with a year, such as 2027 Apr 5.",
    "unknown": "“unknown” is neither open nor closed. Write hours or “off”.",
    "[": "The first or last such weekday of a month cannot be said here. Write dates with a year.",
    "+": "An open end cannot be said here. Write the closing time.",
    "||": "Fallback rules (“||”) cannot be said here. Write one set of hours.",
    '"': "Comments are not hours. Leave the comment out.",
    "(": "Calculated times cannot be said here. Write a clock time.",
    "/": "Repeating times cannot be said here. Write each stretch of hours.",
}


class UnsupportedOpeningHours(Refusal):
    """Opening hours that cannot be read, or cannot be said by rows; names the column and the reason."""

    code = "unsupported_opening_hours"

    def __init__(self, reason: str, token: Token) -> None:
        super().__init__(
            "Column %(column)s, “%(text)s”: %(reason)s",
            column=token.column,
            text=token.text or "…",
            reason=Word(reason),
        )
        self.column = token.column


@dataclass(frozen=True, slots=True)
class Token:
    """One word and where it stands, the first column being 1."""

    kind: str
    text: str
    column: int

    @property
    def word(self) -> str:
        """The text in lower case."""
        return self.text.lower()

    @property
    def minute(self) -> int:
        """The minute a time means; 24:00 is 1,440."""
        hours, minutes = self.text.split(":")
        if int(minutes) > 59 or int(hours) * 60 + int(minutes) > 48 * 60:
            raise UnsupportedOpeningHours("There is no such time.", self)
        return int(hours) * 60 + int(minutes)


def tidy(text: str) -> str:
    """Return the text with single spaces, plain hyphens and no mark at its end: what columns count in."""
    text = re.sub(r"\s+", " ", re.sub(r"[‐-―−]", "-", text)).strip(" ;")
    return re.sub(r" ?([,-]) ?", r"\1", text)


class Tokens:
    """The words of a text, read one after the other."""

    def __init__(self, text: str) -> None:
        self._tokens = [_token(match) for match in _PIECES.finditer(text)]
        self._end = Token("end", "", len(text) + 1)
        self._index = 0

    @property
    def peek(self) -> Token:
        """The next word."""
        return self._tokens[self._index] if self._index < len(self._tokens) else self._end

    @property
    def following(self) -> Token:
        """The word after the next."""
        return self._tokens[self._index + 1] if self._index + 1 < len(self._tokens) else self._end

    @property
    def at_end(self) -> bool:
        """Tell whether nothing is left."""
        return self._index >= len(self._tokens)

    def next(self) -> Token:
        """Return the next word and step over it."""
        token = self.peek
        self._index += 1
        return token

    def take(self, kind: str) -> bool:
        """Step over the next word if it is of this kind, and tell whether it was."""
        if self.peek.kind != kind:
            return False
        self._index += 1
        return True

    def expect(self, kind: str, reason: str) -> Token:
        """Return the next word, which must be of this kind."""
        if self.peek.kind != kind:
            raise self.refuse(reason)
        return self.next()

    def refuse(self, reason: str) -> UnsupportedOpeningHours:
        """Return the refusal of the next word: its own reason if it has one, else the one given."""
        token = self.peek
        own = _SUNLIGHT if token.word in _SUN else _REASONS.get(token.word)
        return UnsupportedOpeningHours(own or reason, token)


def _token(match: re.Match[str]) -> Token:
    kind, text = match.lastgroup or "mark", match.group()
    word = text.lower()
    if kind == "word":
        kind = "day" if word in DAYS else "month" if word in MONTHS else "word"
    elif kind == "mark":
        kind = text
    return Token(kind, text, match.start() + 1)
