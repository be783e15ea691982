"""Every sentence behind a code is in the Japanese catalogue, with the same blanks to fill."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings

from models_registry.domain import reasons, telling
from portal.home.saying import STATE_WORDS

BLANK = re.compile(r"%\((\w+)\)s")
PO = Path(settings.BASE_DIR) / "portal/base/locale/ja/LC_MESSAGES/django.po"


@pytest.fixture(scope="module")
def japanese() -> dict[str, str]:
    with PO.open("rb") as file:
        return {m.id: m.string for m in read_po(file) if isinstance(m.id, str) and m.id and m.string}


def test_every_reason_is_told_in_japanese_with_the_same_blanks(japanese: dict[str, str]) -> None:
    wrong = {
        text for text in reasons.SENTENCES.values()
        if set(BLANK.findall(text)) != set(BLANK.findall(japanese.get(text, "")))
        or text not in japanese
    }  # fmt: skip
    assert not wrong


def test_states_scopes_and_controls_have_japanese_words(japanese: dict[str, str]) -> None:
    words = {*STATE_WORDS.values(), *telling.SCOPES.values(), *telling.CONTROLS.values()}
    assert words <= set(japanese)


def test_no_translation_drops_or_invents_a_blank(japanese: dict[str, str]) -> None:
    wrong = {text for text, said in japanese.items() if set(BLANK.findall(text)) != set(BLANK.findall(said))}
    assert not wrong
