"""The table of roles in docs/access.md says what the access door does."""

from __future__ import annotations

from django.conf import settings

from stores.access import ALLOWED, May


def test_table_of_the_docs_is_what_the_door_does() -> None:
    lines = (settings.BASE_DIR / "docs/access.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    roles = rows[0][1:]
    said = {
        role: frozenset(May(row[0]) for row in rows[2:] if row[place] == "yes")
        for place, role in enumerate(roles, start=1)
    }
    assert said == dict(ALLOWED)
    assert [row[0] for row in rows[2:]] == list(May)
