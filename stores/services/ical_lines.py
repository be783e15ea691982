"""The lines of an iCalendar file, counted and bounded before anything is parsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext

from portal.base.errors import InvalidInput
from stores.selectors.calendar_feed import PRODUCT

MAX_BYTES, MAX_LINES, MAX_LINE, MAX_EVENTS, MAX_DEPTH = 1_000_000, 20_000, 8_192, 1_000, 4


class CalendarRefused(InvalidInput):
    """The whole file cannot be read; the message says why, with the line where there is one."""

    code = "calendar_refused"


@dataclass(frozen=True, slots=True)
class EventText:
    """One VEVENT as it is written, with the number of its first line and its UID."""

    line: int
    uid: str
    text: str


def event_texts(file: BinaryIO) -> list[EventText]:
    """Return the events of a calendar file; raise CalendarRefused for what is none, or is too much."""
    found: list[EventText] = []
    open_parts: list[str] = []
    chunk: list[str] = []
    begins = 0
    for number, line in _unfolded(file):
        name, _, value = line.partition(":")
        name, value = name.upper(), value.strip().upper()
        if name == "PRODID" and line.partition(":")[2].strip() == PRODUCT:
            raise CalendarRefused(gettext("This is a feed of this portal: its hours are here already."))
        if name == "BEGIN":
            open_parts.append(value)
            if value == "VEVENT" and "VEVENT" not in open_parts[:-1]:
                begins, chunk = number, []
        if "VEVENT" in open_parts:
            chunk.append(line)
        if name == "END":
            _check_end(open_parts, value, number)
            open_parts.pop()
            if value == "VEVENT":
                found.append(EventText(begins, _uid(chunk), "\r\n".join(chunk) + "\r\n"))
        _check_bounds(found, open_parts, number)
    if open_parts:
        raise CalendarRefused(gettext("The file ends inside %(part)s.") % {"part": open_parts[-1]})
    return found


def _unfolded(file: BinaryIO) -> list[tuple[int, str]]:
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise CalendarRefused(gettext("The file is larger than 1 MB."))
    try:
        lines = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise CalendarRefused(gettext("The file is not UTF-8 text.")) from error
    if len(lines) > MAX_LINES:
        raise CalendarRefused(gettext("The file has more than %(count)s lines.") % {"count": MAX_LINES})
    if lines[0].strip().upper() != "BEGIN:VCALENDAR":
        raise CalendarRefused(gettext("This is no calendar file: it does not begin with BEGIN:VCALENDAR."))
    found: list[tuple[int, list[str], int]] = []
    for number, line in enumerate(lines, start=1):
        if line[:1] in {" ", "\t"} and found:
            begins, parts, length = found[-1]
            parts.append(line[1:])
            found[-1] = (begins, parts, length + len(line) - 1)
        elif line.strip():
            found.append((number, [line], len(line)))
        if found and found[-1][2] > MAX_LINE:
            said = {"line": found[-1][0], "count": MAX_LINE}
            raise CalendarRefused(gettext("Line %(line)s is longer than %(count)s characters.") % said)
    return [(number, "".join(parts)) for number, parts, _ in found]


def _check_end(open_parts: list[str], value: str, number: int) -> None:
    if not open_parts or open_parts[-1] != value:
        said = {"line": number, "part": value}
        raise CalendarRefused(gettext("Line %(line)s ends %(part)s, which is not open there.") % said)


def _check_bounds(found: list[EventText], open_parts: list[str], number: int) -> None:
    if len(open_parts) > MAX_DEPTH:
        raise CalendarRefused(gettext("Line %(line)s nests too deep.") % {"line": number})
    if len(found) > MAX_EVENTS:
        raise CalendarRefused(gettext("The file has more than %(count)s events.") % {"count": MAX_EVENTS})


def _uid(chunk: list[str]) -> str:
    for line in chunk:
        name, _, value = line.partition(":")
        if name.upper().split(";")[0] == "UID":
            return value.strip()[:120]
    return ""
