"""The run ledger: pages by key, filters, reasons, and the same rows as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from models_registry.models import Deployment, Run
from models_registry.selectors.ledger import PAGE, LedgerFilter, ledger_page
from stores.models import Store
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]


def ran(deployment: Deployment, day: int, **fields: Any) -> Run:
    """Write down a day of the article: ordered 06:30, running 06:39, stopped 19:30."""
    values = {
        "version": deployment.live_version, "deployment": deployment, "outcome": "STOPPED",
        "requested_at": tokyo(day, 6, 30), "accepted_at": tokyo(day, 6, 30), "running_at": tokyo(day, 6, 39),
        "stopping_at": tokyo(day, 19, 30), "ended_at": tokyo(day, 19, 31),
        "start_code": "HOURS",
        "start_params": {"store": "asakusa", "weekday": "Mon", "opens": "07:00", "closes": "19:00"},
        "stop_code": "CLOSED_UNTIL", "stop_params": {"next_at": "2026-11-02T21:30:00+00:00"},
    }  # fmt: skip
    return Run.objects.create(**(values | fields))


def rows(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/ledger/runs.csv{query}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_row_tells_minutes_money_and_why(world: World, hq: Client, bakery: Bakery) -> None:
    ran(world.deployment("asakusa", bakery("asakusa")), 2)
    page = hq.get("/ledger/").content.decode()
    for said in (
        "2026-11-02 06:30 JST", "9 min 00 s", "06:39 – 19:30", "771", "$51.40",
        "asakusa is open Mon 07:00–19:00.", "The next start is planned for 2026-11-03 06:30 JST.",
    ):  # fmt: skip
        assert said in page


def test_open_run_counts_up_to_now(at_the_desk: World, hq: Client, bakery: Bakery) -> None:
    at_the_desk.deployment("asakusa", bakery("asakusa"))
    at_the_desk.tick(tokyo(2, 6, 30))
    at_the_desk.ticks(tokyo(2, 6, 40))
    at_the_desk.at = tokyo(2, 7, 39)
    page = hq.get("/ledger/").content.decode()
    assert "Under way" in page
    assert "$4.00" in page


def test_empty_ledger_says_what_it_will_hold(hq: Client) -> None:
    assert "Nothing has run yet." in hq.get("/ledger/").content.decode()


def test_pages_follow_each_other_without_gap_or_repeat(world: World, hq: Client, bakery: Bakery) -> None:
    made = world.deployment("asakusa", bakery("asakusa"))
    for number in range(PAGE + 7):  # many of one instant, so that only the key tells them apart
        ran(made, 2 + number % 3)
    chosen, seen, after = LedgerFilter(), [], ""
    while True:
        found = ledger_page(chosen, after=after, at=world.at)
        seen += [row.run.pk for row in found.ended]
        if not (after := found.after):
            break
    newest_first = Run.objects.order_by("-requested_at", "-id").values_list("pk", flat=True)
    assert seen == list(newest_first)
    assert "Older runs" in hq.get("/ledger/").content.decode()


def test_page_neither_counts_nor_skips(world: World, hq: Client, bakery: Bakery) -> None:
    made = world.deployment("asakusa", bakery("asakusa"))
    for number in range(60):
        ran(made, 2 + number % 20)
    with CaptureQueriesContext(connection) as asked:
        hq.get("/ledger/")
    assert len(asked) <= 12
    of_runs = [query["sql"] for query in asked if 'FROM "models_registry_run"' in query["sql"]]
    assert of_runs
    assert not [sql for sql in of_runs if "OFFSET" in sql or "COUNT(" in sql]


def test_cursor_changed_by_hand_is_refused(hq: Client) -> None:
    assert hq.get("/ledger/?after=yesterday").status_code == 400


def test_filters_narrow_the_rows(world: World, hq: Client, bakery: Bakery) -> None:
    first, second = (world.deployment(name, bakery(name)) for name in ("first", "second"))
    ran(first, 2)
    ran(first, 1, requested_at=tokyo(0, 6, 30))  # 31 October by Tokyo's clock
    ran(second, 3, outcome="FAILED", running_at=None, stopping_at=None, is_outside=True)
    assert len(rows(hq)) == 3
    assert len(rows(hq, f"?deployment={first.pk}")) == 2
    assert len(rows(hq, "?month=2026-10")) == 1
    assert [row["deployment"] for row in rows(hq, "?outcome=FAILED")] == ["second"]
    assert len(rows(hq, "?outside=no")) == 2


def test_filter_that_cannot_be_read_is_said_and_left_out(world: World, hq: Client, bakery: Bakery) -> None:
    ran(world.deployment("asakusa", bakery("asakusa")), 2)
    page = hq.get("/ledger/?month=soon").content.decode()
    assert "Write the month like 2026-11." in page
    assert "$51.40" in page


def test_csv_has_every_run_with_its_reasons(world: World, hq: Client, bakery: Bakery) -> None:
    made = world.deployment("asakusa", bakery("asakusa"), min_inference_units=2)
    ran(made, 2, inference_units=2)
    [row] = rows(hq)
    assert (row["deployment"], row["units"], row["outcome"]) == ("asakusa", "2", "STOPPED")
    assert (row["running_at"], row["stopping_at"]) == ("2026-11-01T21:39:00Z", "2026-11-02T10:30:00Z")
    assert (row["billed_unit_minutes"], Decimal(row["usd"])) == ("1542", Decimal("102.80"))
    assert row["starting_seconds"] == str(int(timedelta(minutes=9).total_seconds()))
    assert row["why_started"] == "asakusa is open Mon 07:00–19:00."


def test_csv_runs_nothing_in_a_spreadsheet(world: World, hq: Client, bakery: Bakery) -> None:
    made = world.deployment("asakusa", bakery("asakusa"))
    Deployment.objects.filter(pk=made.pk).update(name="=HYPERLINK(1)")
    ran(made, 2)
    assert rows(hq)[0]["deployment"] == "'=HYPERLINK(1)"
