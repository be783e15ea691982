"""The pages of health: what they say, who sees what, and what they cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from detections.domain.health import COUNTS
from detections.domain.localhours import floor_hour
from detections.domain.ports import NotReady
from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.models import StoreHour
from detections.services.health import recount_recent
from detections.views import health as pages
from models_registry.domain.ports import AccessDenied
from stores.models import Area, Role, Store
from tests.detections.conftest import Register
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]
SignIn = Callable[..., Client]
QUERIES = 12


def text(client: Client, address: str = "/health/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def morning(asakusa: Register, eyes: InMemoryEyes, world: World) -> Register:
    """Nine o'clock: two photos answered, one while the model was off, one that AWS refused; counted."""
    asakusa.send()
    asakusa.send()
    eyes.answers += [NotReady("off"), AccessDenied("no")]
    asakusa.send()
    asakusa.send()
    recount_recent(at=world.at)
    return asakusa


def hour_of(store: Store, world: World, **counts: object) -> StoreHour:
    """Put a counted hour there: now, unless told otherwise."""
    facts = dict.fromkeys(COUNTS, 0) | {"hour": floor_hour(world.at)} | counts
    return StoreHour.objects.create(store=store, **facts)


def test_store_is_shown_with_shares_latencies_and_what_failed(hq: Client, morning: Register) -> None:
    shown = text(hq)

    assert "50%" in shown
    assert "model was off × 1" in shown
    assert "AWS refused it × 1" in shown
    assert 'title="aws_access_denied × 1"' in shown
    assert re.search(r"\d ms", shown)
    assert 'aria-label="4 photos, 2 not answered"' in shown


def test_errors_lead_into_the_history_of_the_store_and_span(hq: Client, morning: Register) -> None:
    (address,) = set(re.findall(r'href="(/detections/\?[^"]*kind=failed[^"]*)"', text(hq)))

    assert address == "/detections/?store=asakusa&amp;kind=failed&amp;first_on=2026-11-02"
    assert text(hq, address.replace("&amp;", "&")).count('class="d-photo"') == 2


def test_hours_of_a_store_lead_to_their_photos(hq: Client, morning: Register) -> None:
    shown = text(hq, "/health/asakusa/")

    (failed,) = set(re.findall(r'href="(/detections/\?[^"]*kind=failed[^"]*)"', shown))
    assert "first_on=2026-11-02&amp;last_on=2026-11-02&amp;time_from=09:00&amp;time_to=10:00" in failed
    assert text(hq, failed.replace("&amp;", "&")).count('class="d-photo"') == 2
    (refused,) = re.findall(r'href="(/detections/\?[^"]*outcome=AWS_REFUSED[^"]*)"', shown)
    assert text(hq, refused.replace("&amp;", "&")).count('class="d-photo"') == 1


@pytest.mark.parametrize("span", ["today", "24h", "7d", "30d", "nonsense"])
def test_every_span_shows_what_lies_in_it(hq: Client, morning: Register, world: World, span: str) -> None:
    for days in (1, 6, 29):
        hour = floor_hour(world.at) - timedelta(days=days)
        hour_of(morning.store, world, hour=hour, requests=1000, answered=1000)

    photos = {"7d": "2,004", "30d": "3,004"}.get(span, "4")
    assert f"<dd>{photos}<small>" in text(hq, f"/health/?span={span}")
    shown = text(hq, f"/health/asakusa/?span={span}")
    assert f"<dd>{photos}<small>" in shown
    assert shown.count('<th scope="row">') == {"7d": 3, "30d": 4}.get(span, 1)


@pytest.mark.parametrize(
    ("sort", "first"), [("errors", "a"), ("slow", "b"), ("near", "c"), ("corrected", "d"), ("busy", "e")]
)
def test_worst_comes_first(
    hq: Client, bakery: Bakery, asakusa: Register, world: World, sort: str, first: str
) -> None:
    for code in "edcba":
        worst = {"a": "failed", "b": "slow", "c": "near_miss", "d": "corrected"}.get(code)
        counts = {"requests": 500 if code == "e" else 100, "answered": 90}
        hour_of(bakery(f"shop-{code}"), world, **counts | ({worst: 9} if worst else {}))

    codes = re.findall(r'href="/health/shop-(\w)/', text(hq, f"/health/?sort={sort}"))

    assert codes[0] == first
    assert sorted(codes) == list("abcde")


def test_pages_follow_each_other_without_gap_or_repeat(
    hq: Client, bakery: Bakery, asakusa: Register, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE", 3)
    for number in range(8):
        hour_of(bakery(f"shop-{number}"), world, requests=9, answered=8, failed=number % 2)

    seen: list[str] = []
    address = "/health/?sort=errors&span=24h"
    while address:
        shown = text(hq, address)
        seen += re.findall(r'href="/health/(shop-\d)/', shown)
        following = re.findall(r'rel="next" href="(\?[^"]*)"', shown)
        address = "/health/" + following[0].replace("&amp;", "&") if following else ""

    assert seen == [f"shop-{n}" for n in (1, 3, 5, 7, 0, 2, 4, 6)]


@pytest.mark.parametrize("after", ["999999", "x", "-1", "1" * 40, "²"])
def test_page_after_a_store_that_is_not_there_is_the_first(hq: Client, morning: Register, after: str) -> None:
    assert "/health/asakusa/" in text(hq, f"/health/?after={after}")


def test_filters_narrow_to_area_and_words(hq: Client, morning: Register) -> None:
    other = Area.objects.create(name="Kansai")

    assert "/health/asakusa/" in text(hq, f"/health/?q=ASA&area={morning.store.area_id}")
    assert "/health/asakusa/" not in text(hq, f"/health/?area={other.pk}")
    assert "/health/asakusa/" not in text(hq, "/health/?q=umeda")
    assert "/health/asakusa/" in text(hq, "/health/?area=x&sort=odd")


def test_without_photos_the_page_says_what_will_be_there(hq: Client, asakusa: Register) -> None:
    assert "Stores appear here a minute after" in text(hq)
    assert "This store has sent no photos" in text(hq, "/health/asakusa/")


def test_owner_sees_their_store_alone(
    sign_in: SignIn, bakery: Bakery, morning: Register, world: World
) -> None:
    umeda = bakery("umeda")
    hour_of(umeda, world, requests=700, answered=700)
    owner = sign_in("owner", Role.OWNER, store=umeda)

    assert "/health/asakusa/" not in text(owner)
    assert "<dd>700<small>" in text(owner)
    assert owner.get("/health/asakusa/").status_code == 404
    assert owner.get("/health/umeda/").status_code == 200


def test_table_of_many_stores_asks_as_often_as_for_one(
    hq: Client, bakery: Bakery, morning: Register, world: World
) -> None:
    with CaptureQueriesContext(connection) as one:
        text(hq)
    for number in range(60):
        hour_of(bakery(f"shop-{number}"), world, requests=9, answered=8, failed=1, latency={"20": 8})
    with CaptureQueriesContext(connection) as many:
        shown = text(hq)

    assert len(re.findall(r'href="/health/[\w-]+/', shown)) == 50
    assert len(many) == len(one) <= QUERIES
    assert not any("detections_detection" in query["sql"] for query in many)


def test_page_of_a_store_asks_few_queries_and_never_the_log(
    hq: Client, morning: Register, world: World
) -> None:
    for hours in range(1, 500):
        hour = floor_hour(world.at) - timedelta(hours=hours)
        hour_of(morning.store, world, hour=hour, requests=9, answered=9)
    with CaptureQueriesContext(connection) as captured:
        text(hq, "/health/asakusa/?span=30d")

    assert len(captured) <= QUERIES
    assert not any("detections_detection" in query["sql"] for query in captured)


def test_board_shows_the_last_day_of_a_store(hq: Client, morning: Register, bakery: Bakery) -> None:
    bakery("umeda")
    shown = text(hq, "/")

    assert shown.count('class="k-health"') == 1
    assert 'href="/health/asakusa/?span=24h"' in shown
    assert "4 photos" in shown
    assert "50% errors" in shown


def test_day_of_a_half_hour_zone_begins_within_an_hour_of_its_midnight(
    hq: Client, bakery: Bakery, asakusa: Register, world: World
) -> None:
    thamel = bakery("thamel", timezone="Asia/Kathmandu")
    world.at = tokyo(2, 9)  # 05:45 in Kathmandu; midnight was 03:15 in Tokyo
    for hour, requests in ((tokyo(2, 2), 5000), (tokyo(2, 3), 7), (tokyo(2, 4), 70)):
        hour_of(thamel, world, hour=hour, requests=requests)

    assert "<dd>77<small>" in text(hq, "/health/thamel/?span=today")
