"""Cut the icon font down to the icons that are used: `python -m portal.embedded.icons`.

The whole font is 290 kB, three quarters of what a first page may weigh. A word in quotes or between tags that
is the name of an icon counts as used, so that icons chosen in Python are found too. A test tells when an icon
is missing (tests/home/test_icons.py). Needs the packages fonttools and brotli.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from portal.embedded.problems import CannotStart

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "static/unfold/fonts/material-symbols"
LIST, FONT = FOLDER / "icons.txt", FOLDER / "icons.woff2"
APPS = ("portal", "stores", "models_registry", "detections", "alerts")
OURS = ("templates/**/*.html", "static/kamado/**/*.js", *(f"{folder}/**/*.py" for folder in APPS))
WORD = re.compile(r"""[>"']\s*([a-z][a-z0-9_]+)(?=\s*[<"'])""")


def words() -> set[str]:
    """Return every word of the sources that could be the name of an icon, unfold's templates included."""
    found: set[str] = set()
    for path in sources():
        found |= set(WORD.findall(path.read_text(encoding="utf-8")))
    return found


def sources() -> Iterator[Path]:
    """Yield the files in which icons are named."""
    for pattern in OURS:
        yield from sorted(ROOT.glob(pattern))
    yield from sorted(unfold().glob("templates/**/*.html"))
    yield from sorted(unfold().glob("*.py"))


def unfold() -> Path:
    """Return the folder of the package that brings the whole font."""
    spec = find_spec("unfold")
    if spec is None or spec.origin is None:
        raise CannotStart("The package django-unfold is not installed.")
    return Path(spec.origin).parent


def write() -> int:
    """Write the font and the list of its icons; return how many there are."""
    try:
        from fontTools import subset
        from fontTools.ttLib import TTFont
    except ImportError as error:
        raise CannotStart("Install fonttools and brotli to write the icon font.") from error
    font = TTFont(unfold() / "static/unfold/fonts/material-symbols/Material-Symbols-Outlined.woff2")
    used = sorted(words() & set(ligatures(font)))
    options = subset.Options(layout_features=["*"], flavor="woff2", desubroutinize=True)
    options.layout_closure, options.glyph_names = False, False
    cutter = subset.Subsetter(options)
    glyphs = ligatures(font)
    cutter.populate(text="".join(used) + "_", glyphs=[glyphs[name] for name in used])
    cutter.subset(font)
    font.flavor = "woff2"
    font.save(FONT)
    LIST.write_text("\n".join(used) + "\n", encoding="ascii")
    return len(used)


def ligatures(font: Any) -> dict[str, str]:
    """Return the glyph of each icon's name."""
    letters = {glyph: chr(code).lower() for code, glyph in font.getBestCmap().items()}
    found: dict[str, str] = {}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for part in lookup.SubTable:
            table = getattr(part, "ExtSubTable", part)
            for first, made in getattr(table, "ligatures", {}).items():
                for each in made:
                    name = "".join(letters.get(glyph, "?") for glyph in [first, *each.Component])
                    found[name] = each.LigGlyph
    return found


if __name__ == "__main__":
    sys.stdout.write(f"{write()} icons in {FONT}\n")
