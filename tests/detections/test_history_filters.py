"""The history's filters: pickers, bands, chips, and how many photos match."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from detections.domain.counts import Amount, amount_of
from detections.domain.ports import NotReady
from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.models import DetectedLabel, Detection
from detections.selectors import counting, pickers
from detections.selectors.limits import TooSlow, time_limit
from detections.selectors.photos import HistoryFilter
from detections.views import history as pages
from models_registry.models import Deployment, Run, RunNeed
from stores.models import Role, Store
from tests.detections.conftest import ANPAN, MELON, YAKISOBA, Register
from tests.models_registry.conftest import World

SignIn = Callable[..., Client]
Bakery = Callable[..., Store]


@pytest.fixture
def answered(asakusa: Register, eyes: InMemoryEyes) -> Detection:
    """The article's tray: メロンパン 1.80 above its threshold, 焼きそばパン 0.25 and あんぱん 4.16 below."""
    return Detection.objects.get(pk=asakusa.send().json()["id"])


def text(client: Client, query: str = "") -> str:
    return client.get(f"/detections/{query}").content.decode()


@pytest.mark.parametrize(
    ("query", "is_shown"),
    [
        ("?distance_from=-0.3&distance_to=-0.2", True),
        ("?distance_from=-0.2&distance_to=0.2", False),
        ("?distance_from=1.7&distance_to=1.9", True),
        ("?distance_from=1.9", False),
        ("?distance_to=-5", False),
        (f"?label={ANPAN}&distance_from=-4.2&distance_to=-4.1", True),
        (f"?label={MELON}&distance_to=0", False),
        (f"?label={MELON}&distance_to=2&confidence_from=88", True),
        (f"?label={MELON}&distance_to=2&confidence_from=88.1", False),
        ("?error=model_not_running", False),
    ],
)
def test_band_of_distance_is_of_one_box(hq: Client, answered: Detection, query: str, is_shown: bool) -> None:
    assert (f"/detections/{answered.pk}/" in text(hq, query)) is is_shown


def test_hidden_box_counts_only_where_confidence_is_asked(hq: Client, answered: Detection) -> None:
    DetectedLabel.objects.filter(label__name=ANPAN).update(fate="H")

    assert f"/detections/{answered.pk}/" not in text(hq, f"?label={ANPAN}&distance_to=0")
    assert f"/detections/{answered.pk}/" in text(hq, f"?label={ANPAN}&distance_to=0&confidence_from=0")


def test_failed_photo_leads_to_all_with_its_error(hq: Client, asakusa: Register, eyes: InMemoryEyes) -> None:
    asakusa.send()
    eyes.answers.append(NotReady("off"))
    asakusa.send()
    failed = Detection.objects.get(error_code="model_not_running")

    assert 'href="/detections/?error=model_not_running"' in text(hq)
    found = text(hq, "?error=model_not_running")
    assert found.count('class="d-photo"') == 1
    assert f"/detections/{failed.pk}/" in found


def test_pickers_name_what_serves_the_persons_stores(
    hq: Client, sign_in: SignIn, answered: Detection, bakery: Bakery, world: World
) -> None:
    umeda = bakery("umeda")
    other = world.deployment("umeda-oven", umeda)
    owner = sign_in("umeda-owner", Role.OWNER, store=umeda)

    assert all(f">{name}" in text(hq) for name in ("umeda-oven", "v1 – umeda-oven", "v1 – asakusa"))
    assert "v1 – umeda-oven" in text(owner)
    assert ">asakusa" not in text(owner)
    assert "v1 – asakusa" not in text(owner)
    hers, theirs = other.live_version_id, answered.version_id
    assert 'role="alert"' not in text(owner, f"?version={hers}&deployment={other.pk}")
    assert 'role="alert"' in text(owner, f"?version={theirs}")
    assert 'role="alert"' in text(owner, f"?deployment={answered.deployment_id}")


def test_version_that_once_ran_for_a_store_can_be_picked(
    sign_in: SignIn, answered: Detection, world: World
) -> None:
    old = world.version("asakusa", "v0")
    owner = sign_in("owner", Role.OWNER, store=answered.store)
    option = re.compile(rf'<option value="{old.pk}"[^>]*>\s*v0')
    assert not option.search(text(owner))

    run = Run.objects.create(version=old, requested_at=world.at, ended_at=world.at, outcome="STOPPED")
    RunNeed.objects.create(run=run, store=answered.store)

    assert option.search(text(owner))


def test_old_version_of_an_address_holds_although_the_list_is_full(
    hq: Client, answered: Detection, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pickers, "MOST_LISTED", 2)
    for number in range(4):
        world.version("more", f"m{number}")

    assert "v1 – asakusa" not in text(hq)
    shown = text(hq, f"?version={answered.version_id}")
    assert f'value="{answered.version_id}" selected' in shown
    assert f"/detections/{answered.pk}/" in shown


def test_chip_takes_its_filter_off_and_leaves_the_others(hq: Client, answered: Detection) -> None:
    query = f"?kind=near_miss&label={ANPAN}&confidence_from=70&confidence_to=80&time_to=10:00"
    shown = text(hq, f"{query}&order=nearest&odd=1")

    for words in ("<span>Show</span> with a near miss", f"<span>Bread</span> {ANPAN}", "70 – 80", "– 10:00"):
        assert words in shown
    chips = [part.split("</a>")[0] for part in shown.split('<a class="d-chip"')[1:]]
    assert len(chips) == 4
    band = next(line for line in chips if "70 – 80" in line)
    assert "confidence" not in band
    assert all(part in band for part in ("kind=near_miss", "label=", "time_to=10%3A00", "order=nearest"))
    assert "odd" not in band


def test_page_without_filters_has_no_chips(hq: Client, answered: Detection) -> None:
    assert 'class="d-chip"' not in text(hq, "?kind=&store=&order=newest&label=++")


def test_filters_are_kept_from_page_to_page(
    hq: Client, answered: Detection, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detections.selectors.history.PAGE", 1)
    for minutes in (1, 2):
        at = world.at - timedelta(minutes=minutes)
        Detection.objects.create(
            store=answered.store, at=at, taken_at=at, source="TILL", outcome="AWS_DOWN", error_code="aws_down"
        )

    shown = text(hq, "?source=TILL&error=aws_down&first_on=2026-11-02")

    assert escape("?first_on=2026-11-02&source=TILL&error=aws_down&after=") in shown


def test_count_is_of_the_filter_and_of_the_persons_stores(
    hq: Client, sign_in: SignIn, bakery: Bakery, answered: Detection
) -> None:
    stranger = sign_in("stranger", Role.OWNER, store=bakery("umeda"))

    assert hq.get("/detections/count").content.decode().strip() == "1 photo"
    assert hq.get("/detections/count?kind=failed").content.decode().strip() == "0 photos"
    assert stranger.get("/detections/count").content.decode().strip() == "0 photos"


def test_count_beyond_the_limit_is_the_planners(
    hq: Client, answered: Detection, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST_COUNTED", 10)
    monkeypatch.setattr("detections.domain.counts.MOST_COUNTED", 10)
    Detection.objects.bulk_create(
        Detection(store=answered.store, at=world.at, taken_at=world.at, source="TILL", outcome="WAITING")
        for _ in range(40)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE detections_detection")
    with CaptureQueriesContext(connection) as asked:
        said = hq.get("/detections/count?source=TILL").content.decode().strip()

    assert said == "about 40 photos"
    (count,) = (query["sql"] for query in asked if "COUNT(*)" in query["sql"])
    assert "LIMIT 11" in count


@pytest.mark.parametrize(
    ("counted", "planned", "said"),
    [
        (0, 5_000_000, Amount(0, is_exact=True)),
        (10_000, 3, Amount(10_000, is_exact=True)),
        (10_001, 12_345.6, Amount(12_300, is_exact=False)),
        (10_001, 9, Amount(10_000, is_exact=False)),
        (None, 1_234_567, Amount(1_230_000, is_exact=False)),
        (None, 7, Amount(7, is_exact=False)),
        (None, 0.2, Amount(0, is_exact=False)),
    ],
)
def test_amount_is_exact_as_far_as_was_counted(counted: int | None, planned: float, said: Amount) -> None:
    assert amount_of(counted, planned) == said


def test_count_that_takes_too_long_is_the_planners(
    hq: Client, answered: Detection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "COUNT_MS", 1)
    many_waiting(answered)

    said = counting.amount(Store.objects.all(), HistoryFilter(time_from=time(3), time_to=time(3, 1)))

    assert not said.is_exact


def many_waiting(like: Detection) -> None:
    """So many that looking at each takes longer than a millisecond."""
    at = like.taken_at
    Detection.objects.bulk_create(
        Detection(store=like.store, at=at, taken_at=at, source="TILL", outcome="WAITING")
        for _ in range(20_000)
    )


def test_list_that_takes_too_long_says_what_to_do(
    hq: Client, answered: Detection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LIST_MS", 1)
    Detection.objects.bulk_create(
        Detection(
            store=answered.store, at=answered.at, taken_at=answered.at, source="TILL", outcome="WAITING"
        )
        for _ in range(20_000)
    )

    shown = text(hq, "?time_from=03:00&time_to=03:01")

    assert "Narrow it to a store or to fewer days." in shown


@pytest.mark.django_db
def test_limit_ends_with_its_block() -> None:
    with pytest.raises(TooSlow), time_limit(20), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1)")
    with time_limit(20):
        Store.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.usefixtures("answered")
def test_count_asks_few_statements(hq: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        hq.get(f"/detections/count?label={YAKISOBA}&deployment={Deployment.objects.get().pk}")

    assert len(asked) <= 16
