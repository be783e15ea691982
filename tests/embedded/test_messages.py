"""Translations are compiled when their source is newer."""

import gettext
import os

from portal.embedded.messages import compile_messages

SOURCE = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "oven"\nmsgstr "{word}"\n'


def test_messages_are_compiled_when_missing_or_older(tmp_path):
    source = tmp_path / "locale" / "ja" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(SOURCE.format(word="竈"), encoding="utf-8")
    [target] = compile_messages(tmp_path)
    assert compile_messages(tmp_path) == []
    source.write_text(SOURCE.format(word="オーブン"), encoding="utf-8")
    os.utime(source, (target.stat().st_mtime + 10,) * 2)
    assert compile_messages(tmp_path) == [target]
    with target.open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("oven") == "オーブン"
