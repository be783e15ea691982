"""The history and one photo: who sees what, filters, pages by key, few queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from detections.domain.ports import NotReady
from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.models import Detection
from detections.selectors import history
from detections.selectors.photos import HistoryFilter, Order
from detections.services.thresholds import SetDraft, publish_set
from models_registry.models import Deployment
from stores.models import Area, Role, Store
from tests.detections.conftest import ANPAN, MELON, YAKISOBA, Register, jpeg
from tests.models_registry.conftest import World

SignIn = Callable[..., Client]


@pytest.fixture
def answered(asakusa: Register, eyes: InMemoryEyes) -> Detection:
    """The article's tray, in the log."""
    return Detection.objects.get(pk=asakusa.send().json()["id"])


def text(client: Client, query: str = "") -> str:
    return client.get(f"/detections/{query}").content.decode()


def test_empty_history_says_what_will_be_there(hq: Client) -> None:
    assert "No photo yet" in text(hq)


def test_photo_shows_what_was_accepted_and_what_nearly_was(hq: Client, answered: Detection) -> None:
    shown = text(hq)

    assert f'd-A">{MELON}' in shown
    assert f'd-N">{ANPAN} 77.5' in shown


@pytest.mark.parametrize(
    ("query", "is_shown"),
    [
        ("?kind=near_miss", True),
        ("?kind=failed", False),
        ("?store=asakusa", True),
        ("?store=umeda", False),
        (f"?label={MELON}", True),
        ("?label=カレーパン", False),
        (f"?label={ANPAN}&confidence_from=77&confidence_to=78", True),
        (f"?label={ANPAN}&confidence_from=78", False),
        ("?distance_from=-0.3&distance_to=0.3", True),
        ("?distance_from=-0.2&distance_to=0.2", False),
        ("?source=REGISTER&outcome=ANSWERED", True),
        ("?first_on=2026-11-02&last_on=2026-11-02", True),
        ("?first_on=2026-11-03", False),
        ("?last_on=2026-11-01", False),
        ("?time_from=09:00&time_to=09:01", True),
        ("?time_from=09:01", False),
        ("?time_to=09:00", False),
        ("?time_from=22:00&time_to=09:30", True),
        ("?time_from=22:00&time_to=05:00", False),
        ("?order=nearest", True),
    ],
)
def test_filter_finds_what_it_names(hq: Client, answered: Detection, query: str, is_shown: bool) -> None:
    shown = text(hq, query)

    assert (f"/detections/{answered.pk}/" in shown) is is_shown
    assert is_shown or "No photo matches." in shown


FILTERS_NOT_READ = [
    "?distance_to=much", "?kind=odd", "?first_on=0001-99-99", "?first_on=0001-01-01", "?last_on=9999-12-31",
    "?time_from=noon", "?area=999999", "?area=x", "?order=odd", "?deployment=-4",
    "?version=999999", "?version=99999999999999999999", "?deployment=x", "?distance_from=-101", "?source=odd",
]  # fmt: skip


@pytest.mark.parametrize("query", FILTERS_NOT_READ)
def test_filter_that_cannot_be_read_is_told_and_left_out(hq: Client, answered: Detection, query: str) -> None:
    shown = text(hq, query)

    assert f"/detections/{answered.pk}/" in shown
    assert 'role="alert"' in shown


@pytest.mark.parametrize("order", ["newest", "nearest"])
@pytest.mark.parametrize(
    "cursor",
    [
        "x", "2026-11-02_5", "2026-11-02T00:00:00+00:00_99999999999999999999", "0001-01-01T00:00:00+14:00_5",
        "nan_2026-11-02T00:00:00+00:00_5", "near_2026-11-02T00:00:00+00:00_5",
    ],
)  # fmt: skip
def test_broken_cursor_shows_the_first_page_and_says_so(
    hq: Client, answered: Detection, order: str, cursor: str
) -> None:
    shown = hq.get("/detections/", {"after": cursor, "order": order}).content.decode()

    assert "so this is the first page" in shown
    assert f"/detections/{answered.pk}/" in shown


def test_bread_that_no_model_knows_is_told(hq: Client, answered: Detection) -> None:
    assert "No model has named a bread “カレーパン” yet." in text(hq, "?label=カレーパン")
    assert "No model has named" not in text(hq, f"?label={ANPAN}")


def test_area_narrows_to_its_stores(hq: Client, answered: Detection) -> None:
    other = Area.objects.create(name="Kansai")

    assert f"/detections/{answered.pk}/" in text(hq, f"?area={answered.store.area_id}")
    assert f"/detections/{answered.pk}/" not in text(hq, f"?area={other.pk}")


def test_time_of_day_is_on_the_clock_of_the_chosen_store(
    hq: Client, answered: Detection, bakery: Callable[..., Store], world: World
) -> None:
    kathmandu = bakery("thamel", timezone="Asia/Kathmandu")  # 09:00 in Tokyo is 05:45 there
    there = Detection.objects.create(
        store=kathmandu, at=world.at, taken_at=world.at, source="REGISTER", outcome="AWS_DOWN"
    )

    assert f"/detections/{there.pk}/" in text(hq, "?store=thamel&time_from=05:45&time_to=05:46")
    assert f"/detections/{there.pk}/" not in text(hq, "?store=thamel&time_from=05:46")


@pytest.mark.parametrize(
    ("order", "by"),
    [
        (Order.NEWEST, ("-taken_at", "-id")),
        (Order.NEAREST, ("smallest_margin", "-taken_at", "-id")),
    ],
)
def test_pages_follow_each_other_without_gap_or_repeat(
    answered: Detection, world: World, monkeypatch: pytest.MonkeyPatch, order: Order, by: list[str]
) -> None:
    monkeypatch.setattr(history, "PAGE", 7)
    fill(answered, 20, world)
    chosen = HistoryFilter(order=order)

    seen: list[int] = []
    after = ""
    while True:
        found = history.history_page(Store.objects.all(), chosen, after=after)
        seen += [row.detection.pk for row in found.rows]
        after = found.after
        if not after:
            break

    assert seen == list(Detection.objects.order_by(*by).values_list("pk", flat=True))
    assert len(seen) == 21


def fill(like: Detection, count: int, world: World) -> None:
    """Add photos; every other two were taken in the same instant."""
    Detection.objects.bulk_create(
        Detection(
            store=like.store, deployment=like.deployment, version=like.version, at=world.at,
            taken_at=world.at - timedelta(minutes=number // 2), source="REGISTER", outcome="AWS_DOWN",
            smallest_margin=number // 4 / 3,
        )
        for number in range(count)
    )  # fmt: skip


def test_list_asks_as_often_for_one_photo_as_for_sixty(hq: Client, answered: Detection, world: World) -> None:
    with CaptureQueriesContext(
        connection,
    ) as one:
        text(hq)
    fill(answered, 59, world)
    with CaptureQueriesContext(connection) as sixty:
        text(hq)

    assert len(sixty) == len(one) <= 18
    assert not any("COUNT(*)" in query["sql"] and "detections_detection" in query["sql"] for query in sixty)
    assert not any("OFFSET" in query["sql"] for query in sixty)


def test_page_of_one_photo_has_every_box_and_both_thresholds(hq: Client, answered: Detection) -> None:
    publish_set(
        deployment=Deployment.objects.get(), draft=SetDraft({ANPAN: 75}), reason="why not", author=None
    )

    shown = hq.get(f"/detections/{answered.pk}/").content.decode()

    for word in (MELON, ANPAN, YAKISOBA, "81.7", "75.0", "detect-custom-labels", answered.picture_sha256):
        assert word in shown


def test_arn_is_for_headquarters(sign_in: SignIn, answered: Detection) -> None:
    owner = sign_in("owner", Role.OWNER, store=answered.store)

    shown = owner.get(f"/detections/{answered.pk}/").content.decode()

    assert "--project-version-arn PROJECT_VERSION_ARN" in shown
    assert "arn:aws" not in shown


def test_owner_of_another_store_finds_nothing(
    sign_in: SignIn, bakery: Callable[..., Store], answered: Detection
) -> None:
    stranger = sign_in("stranger", Role.OWNER, store=bakery("umeda"))

    for path in ("", "picture", "picture?size=thumb"):
        assert stranger.get(f"/detections/{answered.pk}/{path}").status_code == 404
    assert f"/detections/{answered.pk}/" not in text(stranger)
    assert "0 photos" in stranger.get("/detections/count").content.decode()


def test_picture_is_sent_whole_and_small(hq: Client, answered: Detection) -> None:
    whole, small = (hq.get(f"/detections/{answered.pk}/picture{query}") for query in ("", "?size=thumb"))

    assert whole.content == jpeg()
    assert (small["Content-Type"], small.status_code) == ("image/jpeg", 200)
    assert len(small.content) <= 20_000


def test_neighbours_are_of_the_same_store(hq: Client, asakusa: Register, eyes: InMemoryEyes) -> None:
    first, second, third = (asakusa.send().json()["id"] for _ in range(3))

    shown = hq.get(f"/detections/{second}/").content.decode()

    assert f'data-key="ArrowRight" href="/detections/{first}/"' in shown
    assert f'data-key="ArrowLeft" href="/detections/{third}/"' in shown


def test_outage_is_visible(hq: Client, asakusa: Register, eyes: InMemoryEyes) -> None:
    eyes.answers.append(NotReady("off"))
    asakusa.send()

    assert "model was off" in text(hq, "?kind=failed")
