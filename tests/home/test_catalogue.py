"""Every sentence that the pages, forms and models show has its Japanese, with the same blanks to fill."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation import gettext, override
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
KEYWORDS = {
    "gettext": None, "gettext_lazy": None, "_": None, "gettext_noop": None, "ngettext": (1, 2),
    "ngettext_lazy": (1, 2), "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
}  # fmt: skip
BLANK = re.compile(r"%\((\w+)\)[sd]")


def sources() -> Iterator[tuple[Path, str]]:
    """Yield every template as the Python that it means, and every Python file of the product."""
    templates = ROOT / "templates"
    for path in sorted([*templates.rglob("*.html"), *templates.rglob("*.txt")]):
        code = templatize(path.read_text(encoding="utf-8"))
        yield path, "\n".join(line.strip() for line in code.splitlines())
    for folder in ("portal", "stores", "models_registry", "detections", "alerts"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_text(encoding="utf-8")


def spoken() -> dict[str, Path]:
    """Return every message of the sources, with a file that speaks it."""
    found: dict[str, Path] = {}
    for path, code in sources():
        for _line, message, _comments, _context in extract("python", io.BytesIO(code.encode()), KEYWORDS):
            text = message[0] if isinstance(message, tuple) else message
            if text:
                found.setdefault(text, path.relative_to(ROOT))
    return found


def messages() -> Iterator[Message]:
    """Yield every translated message of the catalogues."""
    for path in settings.LOCALE_PATHS:
        with (Path(path) / "ja/LC_MESSAGES/django.po").open("rb") as file:
            yield from (message for message in read_po(file) if message.id and not message.fuzzy)


@pytest.fixture(scope="module")
def japanese() -> dict[str, str]:
    said: dict[str, str] = {}
    for message in messages():
        one = message.id if isinstance(message.id, str) else message.id[0]
        said[one] = message.string if isinstance(message.string, str) else message.string[0]
    return said


def test_every_message_has_its_japanese(japanese: dict[str, str]) -> None:
    """Ours, or Django's where it has the word already."""
    with override("ja"):
        silent = {text: str(path) for text, path in spoken().items() if not japanese.get(text)}
        assert {text: path for text, path in silent.items() if gettext(text) == text} == {}


def test_no_translation_invents_a_blank() -> None:
    wrong = {}
    for message in messages():
        texts = [message.id] if isinstance(message.id, str) else list(message.id)
        said = message.string if isinstance(message.string, str) else "".join(message.string)
        if not set(BLANK.findall(said)) <= set(BLANK.findall("".join(texts))):
            wrong[texts[0]] = said
    assert wrong == {}
