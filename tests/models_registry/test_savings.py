"""docs/savings.md: its made-up table comes out again, and the portal does what the table computes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench.savings.chain import made_up_chain
from bench.savings.portal import portal_year
from bench.savings.pure import Schedule, store_year
from bench.savings.table import PAGE, between, compare, replaced, table, verdicts
from stores.domain.localtime import to_seconds


def test_made_up_chain_comes_out_as_the_page_shows_it() -> None:
    lines = compare(made_up_chain())
    assert table(lines) == between(PAGE.read_text(encoding="utf-8"), "made-up")
    assert all(
        said.endswith(": met.")
        for said in verdicts([replace(line, open_minutes=line.minutes) for line in lines])
    )


def test_verdict_says_when_a_target_is_missed() -> None:
    (line,) = [
        line for line in compare(made_up_chain()[3:4]) if line.name == "**learned lead, 30 min after**"
    ]
    assert verdicts([replace(line, ready=0.98)])[0].endswith(": missed.")
    assert verdicts([replace(line, minutes=line.minutes * 2)])[0].endswith(": missed.")


def test_page_keeps_what_stands_around_a_table() -> None:
    page = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb"
    assert replaced(page, "x", "new") == "a\n<!-- x: begin -->\nnew\n<!-- x: end -->\nb"


def test_portal_keeps_the_ledger_that_was_computed_over_a_clock_change(db: None, tmp_path: Path) -> None:
    night, split = made_up_chain()[:2]
    plan = [(night, Schedule("30", learns=True)), (split, Schedule("10", learns=True, tail=10))]
    first, until = (to_seconds(datetime(2026, 3, day, 12, tzinfo=UTC)) for day in (27, 30))
    seen = portal_year(plan, tmp_path, first=first, until=until)
    for store, schedule in plan:
        computed = store_year(store, schedule, first=first, until=until)
        assert seen.ledgers[store.code] == [
            (run.requested_at, run.running_at, run.stopping_at) for run in computed.ledger
        ]
        assert seen.metered_minutes[store.code.upper()] >= computed.metered_minutes
