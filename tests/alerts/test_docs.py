"""The table of kinds in the docs is the one in the code."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from alerts.domain.kinds import RULES, Kind
from alerts.domain.sentences import ADVICE, SENTENCES, TITLES
from alerts.selectors.providers import PROVIDERS
from alerts.templatetags.alert_words import ICONS

DOCS = Path(__file__).resolve().parents[2] / "docs" / "alerts.md"
UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def length(text: str) -> timedelta:
    if text == "at once":
        return timedelta(0)
    number, unit = text.split()
    return float(number) * UNITS[unit]


def test_table_of_kinds_is_the_one_in_the_code() -> None:
    rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in DOCS.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `")
    ]
    assert [row[0] for row in rows] == [kind.value for kind in Kind]
    for name, title, severity, owner, told, nag, patience in rows:
        kind = Kind(name)
        rule = RULES[kind]
        assert title == TITLES[kind]
        assert (severity, owner) == (rule.severity.value, rule.owner.value)
        assert {owner, *filter(None, told.split(", "))} == {duty.value for duty in rule.told}
        assert (length(nag), length(patience)) == (rule.nag, rule.patience)


def test_every_kind_is_looked_for_once_and_has_its_words() -> None:
    looked = [kind for provider in PROVIDERS for kind in provider.kinds]
    assert sorted([*looked, Kind.TICK_OLD]) == sorted(Kind)
    for words in (TITLES, ADVICE, ICONS, SENTENCES):
        assert set(Kind) <= set(words)
