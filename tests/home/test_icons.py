"""The icon font holds every icon that a page names."""

from __future__ import annotations

import re

from portal.embedded.icons import FONT, LIST, sources

NAMED = re.compile(
    r"""material-symbols-outlined[^>]*>\s*([a-z0-9_]+)\s*<"""
    r"""|{% icon ["'](\w+)["']|item\(_\("[^"]*"\), "(\w+)\""""
)


def test_font_holds_every_icon_that_is_named() -> None:
    known = set(LIST.read_text(encoding="ascii").split())
    named = {
        next(filter(None, found))
        for path in sources()
        for found in NAMED.findall(path.read_text(encoding="utf-8"))
    }
    assert len(named) > 60
    missing = named - known
    assert not missing, f"{sorted(missing)}: run `python -m portal.embedded.icons`"


def test_font_is_a_fraction_of_the_whole() -> None:
    assert 5_000 < FONT.stat().st_size < 40_000
