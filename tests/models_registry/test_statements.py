"""Monthly statements: the same figures as the spend, on one page, in two languages, for one's own stores."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.test import Client

from models_registry.models import Deployment, PriceRate, Run, RunNeed, SpendCause, StoreSpend
from models_registry.selectors.statements import statement_of
from models_registry.statement_pdf import statement_pdf
from models_registry.statements import statement_file
from portal.base.zip_stream import zip_stream
from stores.models import Area, Role, Store
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]
NOVEMBER = date(2026, 11, 1)
ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def texts(pdf: bytes) -> list[str]:
    """Return every text that an uncompressed page shows, Latin or in the Japanese CID font."""
    found = []
    for font, text in re.findall(rb"/F(\d+) [\d.]+ Tf(?:(?!/F\d).)*?\((.*?)(?<!\\)\) Tj", pdf, re.DOTALL):
        raw = ESCAPED.sub(
            lambda hit: bytes([int(hit[1], 8)]) if len(hit[1]) == 3 else CONTROLS.get(hit[1], hit[1]), text
        )
        name = re.search(rb"/F%s (\d+) 0 R" % font, pdf)
        assert name is not None
        body = pdf[pdf.index(b"\n%s 0 obj" % name[1]) :].partition(b"endobj")[0]
        found.append(raw.decode("utf-16-be" if b"UniJIS" in body else "cp1252"))
    return found


def page_of(store: Store, language: str) -> bytes:
    """November's page of a store, uncompressed."""
    found = statement_of(store, month=NOVEMBER, at=tokyo(40, 0))
    return statement_pdf(found, language=language, compressed=False)


def run_of(deployment: Deployment, day: int, *stores: Store, **fields: object) -> None:
    started = {"start_code": "HOURS", **fields}
    run = Run.objects.create(
        version=deployment.live_version, deployment=deployment, requested_at=tokyo(day, 6, 30),
        accepted_at=tokyo(day, 6, 30), running_at=tokyo(day, 6, 39), stopping_at=tokyo(day, 19, 30),
        ended_at=tokyo(day, 19, 31), outcome="STOPPED", **started,
    )  # fmt: skip
    RunNeed.objects.bulk_create(RunNeed(run=run, store=store) for store in stores)


def a_month(world: World, asakusa: Store, ueno: Store) -> None:
    """Three days of a model that Asakusa shares with Ueno."""
    made = world.deployment("shared", asakusa, ueno)
    for day, author in ((2, ""), (3, ""), (4, "Owari")):
        code = {"start_code": "OVERRIDE_RUN", "start_params": {"author": author}} if author else {}
        run_of(made, day, asakusa, ueno, **code)
        for store, usd in ((asakusa, "17.133333"), (ueno, "34.266667")):
            StoreSpend.objects.create(
                store=store, deployment=made, on=date(2026, 11, day), billed_minutes=Decimal("257.3333"),
                overhead_minutes=Decimal("10.5"), usd=usd,
            )  # fmt: skip
    SpendCause.objects.create(
        store=asakusa, deployment=made, on=date(2026, 11, 4), cause="OVERRIDE", who="Owari", usd="6"
    )


def test_statement_adds_up_to_the_spend(world: World, bakery: Bakery) -> None:
    asakusa, ueno = bakery("asakusa"), bakery("ueno")
    a_month(world, asakusa, ueno)
    PriceRate.objects.create(
        kind="INFERENCE", region="ap-northeast-1", usd_per_hour="4.4", valid_from=tokyo(20, 0)
    )
    found = statement_of(asakusa, month=NOVEMBER, at=tokyo(40, 0))
    assert (found.runs, found.is_final, found.starting.total_seconds()) == (3, True, 3 * 540)
    assert found.total.usd == Decimal("51.399999")
    assert found.shown_total()[2] == Decimal("51.40")
    assert sum(day[2] for day in found.shown_days().values()) == Decimal("51.40")
    ((allocation, minutes, usd),) = found.shown_allocations()
    assert (allocation.deployment, allocation.stores, minutes, usd) == ("shared", 2, 772, Decimal("51.40"))
    assert round(allocation.share or 0, 4) == Decimal("0.3333")
    assert [(cause.code, cause.author, cause.runs) for cause in found.causes] == [
        ("HOURS", "", 2), ("OVERRIDE_RUN", "Owari", 1),
    ]  # fmt: skip
    assert Decimal("4.4") in {rate.usd_per_hour for rate in found.prices}


def test_month_that_is_not_over_says_so(world: World, bakery: Bakery) -> None:
    asakusa = bakery("asakusa")
    world.deployment("asakusa", asakusa)
    assert not statement_of(asakusa, month=NOVEMBER, at=tokyo(15, 0)).is_final


def test_page_is_one_page_and_says_it_in_english(world: World, bakery: Bakery) -> None:
    asakusa, ueno = bakery("asakusa"), bakery("ueno")
    a_month(world, asakusa, ueno)
    pdf = statement_pdf(
        statement_of(asakusa, month=NOVEMBER, at=tokyo(40, 0)), language="en", compressed=False
    )
    assert pdf.count(b"/Type /Page\n") == 1
    said = texts(pdf)
    for each in ("Statement for November 2026", "$51.40", "772", "33.3%", "2 stores", "override", "Owari",
                 "opening hours", "Mon, Nov 2", "$17.13", "$4.00", "Override", "$6.00"):  # fmt: skip
        assert each in said, each


def test_page_says_it_in_japanese(world: World, bakery: Bakery) -> None:
    asakusa, ueno = bakery("asakusa", name="浅草店"), bakery("ueno")
    a_month(world, asakusa, ueno)
    pdf = statement_pdf(
        statement_of(asakusa, month=NOVEMBER, at=tokyo(40, 0)), language="ja", compressed=False
    )
    said = texts(pdf)
    for each in ("2026年11月 明細書", "浅草店  asakusa  Kantō", "合計", "営業時間", "11月2日(月)", "2 店舗"):
        assert each in said, each


def test_a_long_month_stays_on_one_page(world: World, bakery: Bakery) -> None:
    asakusa = bakery("asakusa")
    for n in range(9):
        made = world.deployment(f"d{n}", *([asakusa] if n == 0 else []))
        run_of(made, 2 + n, asakusa, start_code=f"CODE_{n}")
        for day in range(1, 31):
            StoreSpend.objects.create(
                store=asakusa, deployment=made, on=date(2026, 11, day), billed_minutes=60,
                overhead_minutes=0, usd=4,
            )  # fmt: skip
    pdf = statement_pdf(
        statement_of(asakusa, month=NOVEMBER, at=tokyo(40, 0)), language="en", compressed=False
    )
    assert pdf.count(b"/Type /Page\n") == 1
    assert "and 5 more" in texts(pdf)
    lowest = min(float(y) for y in re.findall(rb"1 0 0 1 [\d.]+ ([\d.-]+) Tm", pdf))
    assert lowest > 40


def test_files_are_scoped_and_have_the_same_figures(
    at_the_desk: World, bakery: Bakery, sign_in: Callable[..., Client]
) -> None:
    kansai = Area.objects.create(name="Kansai")
    asakusa, umeda = bakery("asakusa"), bakery("umeda", area=kansai)
    at_the_desk.at = tokyo(40, 0)
    a_month(at_the_desk, asakusa, umeda)
    owner = sign_in("owari", Role.OWNER, store=asakusa)
    assert owner.get("/stores/umeda/statement.pdf?month=2026-11").status_code == 404
    answer = owner.get("/stores/asakusa/statement.pdf")
    assert answer.content.startswith(b"%PDF-1")
    assert answer["Content-Disposition"] == 'inline; filename="statement-asakusa-2026-11.pdf"'
    lines = owner.get("/stores/asakusa/statement.csv?month=2026-11").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(lines)))
    assert (rows[-1]["date"], rows[-1]["usd"]) == ("TOTAL", "51.40")
    assert sum(Decimal(row["usd"]) for row in rows[:-1]) == Decimal("51.40")
    assert "November 2026" in owner.get("/stores/asakusa/statements/").content.decode()
    for month in ("soon", "9999-12", "0001-01"):
        assert owner.get(f"/stores/asakusa/statement.pdf?month={month}").status_code == 400
    sent = owner.get("/spend/statements.zip?month=2026-11")
    with zipfile.ZipFile(io.BytesIO(b"".join(sent.streaming_content))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["statement-asakusa-2026-11.pdf", "statement-asakusa-2026-11.csv"]
    manager = sign_in("makoto", Role.HQ)
    sent = manager.get("/spend/statements.zip?month=2026-11")
    with zipfile.ZipFile(io.BytesIO(b"".join(sent.streaming_content))) as archive:
        assert len(archive.namelist()) == 4


def test_attachment_is_for_a_mail_in_the_readers_language(world: World, bakery: Bakery) -> None:
    asakusa = bakery("asakusa")
    a_month(world, asakusa, bakery("ueno"))
    made = statement_file(asakusa, month=NOVEMBER, language="ja", at=tokyo(40, 0))
    assert (made.name, made.mime_type) == ("statement-asakusa-2026-11.pdf", "application/pdf")
    assert len(made.content) < 20_000


def test_store_that_cost_nothing_has_no_statement(
    at_the_desk: World, bakery: Bakery, sign_in: Callable[..., Client]
) -> None:
    bakery("asakusa")
    page = sign_in("hanako", Role.HQ).get("/stores/asakusa/statements/").content.decode()
    assert "This store has cost nothing in the last year" in page


def test_zip_is_sent_piece_by_piece() -> None:
    pieces = list(zip_stream((f"{n}.txt", b"x" * n) for n in range(3)))
    assert len(pieces) == 4
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.read("2.txt") == b"xx"
