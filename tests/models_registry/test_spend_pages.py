"""Spend: scoped to the stores a person sees, adding up to the cent, compared and forecast."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from models_registry.models import Deployment, Run, StoreSpend
from models_registry.selectors.spend import daily_spend, starting_time
from stores.models import Area, Role, Store
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]
SignIn = Callable[..., Client]
NOVEMBER = date(2026, 11, 1)


def spent(store: Store, deployment: Deployment, on: date, usd: str, minutes: int = 771) -> None:
    StoreSpend.objects.create(
        store=store, deployment=deployment, on=on, billed_minutes=minutes, overhead_minutes=1, usd=usd
    )


def lines(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/spend/spend.csv{query}")
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_stranger_signs_in_and_outsider_is_refused(sign_in: SignIn, bakery: Bakery) -> None:
    bakery("asakusa")
    for page in ("/spend/", "/spend/spend.csv"):
        assert Client().get(page).status_code == 302
        assert sign_in(f"olga{len(page)}").get(page).status_code == 403
    assert sign_in("hanako", Role.HQ).get("/spend/").status_code == 200


def test_headquarters_without_stores_is_told_so(hq: Client) -> None:
    assert "There are no stores here yet" in hq.get("/spend/").content.decode()


def test_owner_sees_their_own_store_alone(at_the_desk: World, sign_in: SignIn, bakery: Bakery) -> None:
    asakusa, umeda = bakery("asakusa"), bakery("umeda")
    at_the_desk.deployment("shared", asakusa, umeda)
    page = sign_in("owari", Role.OWNER, store=asakusa).get("/spend/").content.decode()
    assert "asakusa" in page
    assert "umeda" not in page


def test_area_narrows_and_a_foreign_area_is_not_offered(
    at_the_desk: World, sign_in: SignIn, bakery: Bakery
) -> None:
    kansai = Area.objects.create(name="Kansai")
    asakusa, umeda = bakery("asakusa"), bakery("umeda", area=kansai)
    at_the_desk.deployment("shared", asakusa, umeda)
    hq = sign_in("hanako", Role.HQ)
    assert [row["store"] for row in lines(hq, f"?area={kansai.pk}")] == ["umeda", "TOTAL"]
    manager = sign_in("makoto", Role.AREA_MANAGER, area=asakusa.area)
    assert [row["store"] for row in lines(manager, f"?area={kansai.pk}")] == ["asakusa", "TOTAL"]


def test_tiles_compare_the_month(at_the_desk: World, hq: Client, bakery: Bakery) -> None:
    asakusa = bakery("asakusa")
    made = at_the_desk.deployment("asakusa", asakusa)
    at_the_desk.at = tokyo(11, 0)
    for day in range(1, 11):
        spent(asakusa, made, date(2026, 11, day), "51.4")
    page = hq.get("/spend/").content.decode()
    for said in (
        "$514.00",
        "$1,554.00",
        "$1,040.00 still to come",
        "54.0% of $2,880.00",
        "$1,326.00",
        "$6.00",
    ):
        assert said in page


def test_rows_add_up_to_the_total_to_the_cent(at_the_desk: World, hq: Client, bakery: Bakery) -> None:
    stores = [bakery(code) for code in ("akabane", "ebisu", "fuchu")]
    made = at_the_desk.deployment("shared", *stores)
    for store in stores:
        spent(store, made, NOVEMBER, "17.133333", 257)
    page = hq.get("/spend/?sort=-usd").content.decode()
    shown = re.findall(r'data-label="Billed">\$([\d.,]+)<', page)
    assert shown[-1] == "51.40"
    assert sum(Decimal(cents) for cents in shown[:-1]) == Decimal("51.40")


def test_sorting_begins_with_the_largest(at_the_desk: World, hq: Client, bakery: Bakery) -> None:
    cheap, dear = bakery("akabane"), bakery("zushi")
    made = at_the_desk.deployment("shared", cheap, dear)
    spent(cheap, made, NOVEMBER, "1")
    spent(dear, made, NOVEMBER, "9")
    page = hq.get("/spend/?sort=-usd").content.decode()
    assert page.index(">zushi<") < page.index(">akabane<")
    assert "?sort=usd&amp;" in page
    page = hq.get("/spend/?sort=nonsense").content.decode()
    assert page.index(">akabane<") < page.index(">zushi<")


def test_csv_has_the_same_figures_and_their_total(at_the_desk: World, hq: Client, bakery: Bakery) -> None:
    asakusa, lonely = bakery("asakusa"), bakery("lonely")
    spent(asakusa, at_the_desk.deployment("asakusa", asakusa), NOVEMBER, "51.4")
    rows = lines(hq, "?month=2026-11")
    assert [row["store"] for row in rows] == [asakusa.code, lonely.code, "TOTAL"]
    assert (rows[0]["actual_usd"], rows[0]["actual_minutes"]) == ("51.40", "771")
    assert (rows[1]["unplanned"], rows[1]["actual_usd"]) == ("NO_DEPLOYMENT", "0.00")
    assert rows[2]["actual_usd"] == "51.40"


def test_month_without_spend_says_so(at_the_desk: World, hq: Client, bakery: Bakery) -> None:
    at_the_desk.deployment("asakusa", bakery("asakusa"))
    assert "Nothing was billed in October 2026." in hq.get("/spend/?month=2026-10").content.decode()


def test_days_are_stacked_by_deployment_the_dearest_by_name(world: World, bakery: Bakery) -> None:
    for number in range(8):
        store = bakery(f"s{number}")
        spent(store, world.deployment(f"d{number}", store), date(2026, 11, 3), str(number + 1))
    daily = daily_spend(Store.objects.all(), month=NOVEMBER)
    assert [name for name, _ in daily.series] == ["d7", "d6", "d5", "d4", "d3", "d2", ""]
    assert daily.totals[2] == sum(range(1, 9))
    assert len(daily.days) == len(daily.totals) == 30


def test_starting_time_is_shown_and_costs_nothing(world: World, bakery: Bakery) -> None:
    made = world.deployment("asakusa", bakery("asakusa"))
    Run.objects.create(
        version=made.live_version, deployment=made, outcome="STOPPED",
        requested_at=tokyo(2, 6, 30), accepted_at=tokyo(2, 6, 30), running_at=tokyo(2, 6, 39),
        stopping_at=tokyo(2, 6, 39), ended_at=tokyo(2, 6, 40),
    )  # fmt: skip
    assert starting_time(Store.objects.all(), month=NOVEMBER).total_seconds() == 540
    assert not starting_time(Store.objects.all(), month=date(2026, 10, 1))


def test_page_asks_as_often_for_many_stores_as_for_one(
    at_the_desk: World, hq: Client, bakery: Bakery
) -> None:
    at_the_desk.deployment("first", bakery("first"))
    bakery("lonely")
    with CaptureQueriesContext(connection) as one:
        hq.get("/spend/")
    for number in range(10):
        at_the_desk.deployment(f"d{number}", bakery(f"s{number}"))
    with CaptureQueriesContext(connection) as many:
        hq.get("/spend/")
    assert len(many) == len(one) <= 36
