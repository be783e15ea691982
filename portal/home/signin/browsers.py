"""A browser in words, from what it says of itself. Pure: facts in, names out."""

from __future__ import annotations

import re
from dataclasses import dataclass

# The first that is found wins: nearly every browser also claims to be the ones below it.
BROWSERS = (
    ("Edg(?:e|A|iOS)?/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex"),
    ("Line/", "LINE"),
    ("Firefox/|FxiOS/", "Firefox"),
    ("CriOS/|Chrome/|Chromium/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh|Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Browser:
    """Names people know; an empty one was not told."""

    name: str
    system: str

    @property
    def is_handheld(self) -> bool:
        return self.system in {"iPhone", "iPad", "Android"}


def browser_of(user_agent: str) -> Browser:
    """Return which browser on which system sent this header."""
    return Browser(name=_first(BROWSERS, user_agent), system=_first(SYSTEMS, user_agent))


def _first(known: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for pattern, name in known if re.search(pattern, text)), "")
