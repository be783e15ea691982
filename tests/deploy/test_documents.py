"""What the documents point to is there: files, chapters, tests, commands of manage.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from portal.embedded.folder import PROJECT

DOCUMENTS = sorted(
    [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"), *(PROJECT / "deploy").rglob("*.md")]
)


def chapters(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_what_it_points_to_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    lost = set()
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        name, _, chapter = link.partition("#")
        place = document.parent / name if name else document
        if re.match(r"[a-z]+:", link):
            continue
        if not place.exists() or (chapter and chapter not in chapters(place)):
            lost.add(link)
    named = re.findall(r"`((?:tests|bench|deploy)/[\w./-]+)`", text)
    lost |= {path for path in named if not (PROJECT / path).exists()}
    commands = re.findall(r"(?:manage\.py|`kamado|^kamado) ([a-z_]+)", text, re.MULTILINE)
    assert (lost, set(commands) - set(get_commands())) == (set(), set())
