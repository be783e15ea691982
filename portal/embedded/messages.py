"""Compile the translations: `python -m portal.embedded.messages`. The .mo files are not committed."""

import os
from pathlib import Path

from portal.embedded.folder import PROJECT

PLACES = ("locale", "*/locale", "*/*/locale")
"""The whole project's catalogue, and one beside each app."""


def compile_messages(project: Path = PROJECT) -> list[Path]:
    """Write every .mo that is missing or older than its .po and return them. Two at once are harmless."""
    written = []
    sources = (source for place in PLACES for source in project.glob(f"{place}/*/LC_MESSAGES/*.po"))
    for source in sorted(sources):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        compile_one(source, target)
        written.append(target)
    return written


def compile_one(source: Path, target: Path) -> None:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as file:
        catalog = read_po(file, abort_invalid=True)
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    with draft.open("wb") as file:
        write_mo(file, catalog)
    draft.replace(target)


if __name__ == "__main__":
    for path in compile_messages():
        print(f"Compiled {path.relative_to(PROJECT)}")
