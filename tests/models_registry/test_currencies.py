"""Money in the reader's currency: dated rates, their age, no rate; yen without decimals add up, too."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from models_registry.models import Deployment, ExchangeRate, Run, StoreSpend
from models_registry.services.currencies import InvalidRate, import_rates
from portal.base.currency import USD, Currency, DatedRate, currency_on, showing_in
from portal.base.models import User
from portal.base.showing import show_converted, show_unit_price
from stores.models import Role, Store
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]
SignIn = Callable[..., Client]
NOVEMBER = date(2026, 11, 1)
YEN = Currency("JPY", Decimal("155.25"), 0)
EURO = Currency("EUR", Decimal("0.8625"), 2)


@pytest.mark.parametrize(
    ("currency", "shown", "each"),
    [(USD, "$51.40", "$51.4000"), (YEN, "¥7,980", "¥7,979.85"), (EURO, "€44.33", "€44.3325")],
)  # fmt: skip
def test_amount_is_shown_in_the_currency_in_force(currency: Currency, shown: str, each: str) -> None:
    with showing_in(lambda: currency):
        assert (show_converted(Decimal("51.40")), show_unit_price(Decimal("51.40"))) == (shown, each)
    assert show_converted(Decimal("51.40")) == "$51.40"


def test_rate_of_the_day_holds_and_is_stale_after_a_week() -> None:
    rates = [
        DatedRate("JPY", Decimal(150), date(2026, 11, 1)),
        DatedRate("JPY", Decimal(155), date(2026, 11, 10)),
    ]
    read = [
        currency_on("JPY", rates, on=on, today=on, stale_days=7, digits=0)
        for on in (date(2026, 11, 8), date(2026, 11, 9), date(2026, 11, 10))
    ]
    assert [(each.per_usd, each.age_days, each.is_stale) for each in read] == [
        (150, 7, False), (150, 8, True), (155, 0, False),
    ]  # fmt: skip
    missing = currency_on(
        "JPY", rates, on=date(2026, 10, 31), today=date(2026, 11, 8), stale_days=7, digits=0
    )
    assert (missing.code, missing.wished) == ("USD", "JPY")


@pytest.fixture
def three(at_the_desk: World, bakery: Bakery) -> Deployment:
    stores = [bakery(code) for code in ("akabane", "ebisu", "fuchu")]
    made = at_the_desk.deployment("shared", *stores)
    for store in stores:
        StoreSpend.objects.create(
            store=store, deployment=made, on=NOVEMBER, billed_minutes=257, overhead_minutes=1, usd="17.133333"
        )
    return made


def rate(code: str, per_usd: str, valid_from: date = NOVEMBER, source: str = "ECB") -> None:
    ExchangeRate.objects.create(currency=code, per_usd=Decimal(per_usd), valid_from=valid_from, source=source)


def test_yen_have_no_decimals_and_rows_add_up(three: Deployment, hq: Client) -> None:
    rate("JPY", "155.25")
    hq.post("/spend/currency/", {"currency": "JPY"})
    page = hq.get("/spend/").content.decode()
    shown = re.findall(r'data-label="Billed">¥([\d,]+)<', page)
    assert shown == ["2,660", "2,660", "2,660", "7,980"]  # 51.399999 USD are 7,979.85 yen
    assert "155.25 JPY for a US dollar, from Sun, Nov 1 (ECB)" in page
    assert "old:" not in page


def test_old_rate_is_marked_and_a_missing_one_said(three: Deployment, at_the_desk: World, hq: Client) -> None:
    rate("JPY", "155.25", date(2026, 10, 20))
    User.objects.update(currency="JPY")
    assert "old: 13 days" in hq.get("/spend/").content.decode()
    User.objects.update(currency="EUR")
    page = hq.get("/spend/").content.decode()
    assert "There is no rate for EUR: amounts are in US dollars." in page
    assert "$51.40" in page


def test_month_that_is_over_is_shown_at_the_rate_of_its_last_day(
    three: Deployment, at_the_desk: World, hq: Client
) -> None:
    rate("JPY", "150", date(2026, 11, 30))
    rate("JPY", "160", date(2026, 12, 1))
    User.objects.update(currency="JPY")
    at_the_desk.at = tokyo(35, 12)
    assert "¥7,710" in hq.get("/spend/?month=2026-11").content.decode()


def test_file_holds_dollars_and_the_readers_currency(three: Deployment, hq: Client) -> None:
    rate("JPY", "155.25")
    User.objects.update(currency="JPY")
    answer = hq.get("/spend/spend.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [row["actual_usd"] for row in rows] == ["17.14", "17.13", "17.13", "51.40"]
    assert [row["actual_jpy"] for row in rows] == ["2660", "2660", "2660", "7980"]


def test_ledgers_file_has_both_too(three: Deployment, hq: Client) -> None:
    Run.objects.create(
        version=three.live_version, deployment=three, outcome="STOPPED", requested_at=tokyo(1, 6),
        accepted_at=tokyo(1, 6), running_at=tokyo(1, 6, 39), stopping_at=tokyo(1, 19, 30),
        ended_at=tokyo(1, 20),
    )  # fmt: skip
    rate("JPY", "155.25")
    User.objects.update(currency="JPY")
    answer = hq.get("/ledger/runs.csv")
    (row,) = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    assert (row["usd"], row["jpy"]) == ("51.400000", "7980")


def test_other_pages_show_the_currency_too_and_dollars_ask_nothing(
    three: Deployment, hq: Client, settings: object
) -> None:
    with CaptureQueriesContext(connection) as plain:
        hq.get("/deployments/")
    rate("JPY", "155.25")
    User.objects.update(currency="JPY")
    with CaptureQueriesContext(connection) as converted:
        assert "¥7,980" in hq.get("/deployments/").content.decode()
    assert len(converted) == len(plain) + 1


def test_headquarters_adds_and_takes_away_rates_that_others_only_read(
    at_the_desk: World, hq: Client, sign_in: SignIn, bakery: Bakery
) -> None:
    form = {"currency": "jpy", "per_usd": "155.25", "valid_from": "2026-11-01", "source": "ECB"}
    assert hq.post("/spend/rates/", form).status_code == 302
    row = ExchangeRate.objects.get()
    assert (row.currency, row.per_usd) == ("JPY", Decimal("155.25"))
    for wrong, said in (("usd", "One US dollar is one US dollar"), ("zzz", "is not a currency")):
        assert said in hq.post("/spend/rates/", form | {"currency": wrong}).content.decode()
    owner = sign_in("owari", Role.OWNER, store=bakery("asakusa"))
    page = owner.get("/spend/rates/").content.decode()
    assert "155.25" in page
    assert "Add a rate" not in page
    assert owner.post("/spend/rates/", form).status_code == 403
    hq.post(f"/spend/rates/{row.pk}/remove/")
    assert not ExchangeRate.objects.exists()


def test_rates_are_imported_all_or_none(at_the_desk: World, hq: Client) -> None:
    rate("JPY", "150", NOVEMBER)
    text = "currency,per_usd,valid_from,source\nJPY,155.25,2026-11-01,ECB\nEUR,0.8625,2026-11-01,ECB\n"
    answer = hq.post(
        "/spend/rates/import/", {"file": SimpleUploadedFile("r.csv", text.encode())}, follow=True
    )
    assert "1 new rates, 1 replaced." in answer.content.decode()
    bad = text + "JPY,nothing,2026-11-02,ECB\n"
    answer = hq.post("/spend/rates/import/", {"file": SimpleUploadedFile("r.csv", bad.encode())})
    assert "Line 4 cannot be read." in answer.content.decode()
    assert ExchangeRate.objects.count() == 2
    for data in (b"a,b\n1,2\n", "currency".encode("utf-16")):
        with pytest.raises(InvalidRate):
            import_rates(data)


def test_choice_leads_back_to_our_own_pages_only(hq: Client) -> None:
    answer = hq.post("/spend/currency/", {"currency": "", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/spend/rates/"
    assert "alert(1)" not in hq.get("/spend/rates/?next=javascript:alert(1)").content.decode()
    answer = hq.post("/spend/currency/", {"currency": "", "next": "/spend/?month=2026-10"})
    assert answer["Location"] == "/spend/?month=2026-10"
