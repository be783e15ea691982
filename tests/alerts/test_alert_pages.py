"""The pages of alerts: who sees what, taking on, snoozing, several at once, the bell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from alerts.domain.kinds import Kind
from alerts.domain.wanted import FLEET, Ref, Subject, Wanted
from alerts.models import Alert, AlertNote
from alerts.services.sweep import settle
from models_registry.models import Deployment
from stores.models import Area, Role, Store
from tests.alerts.conftest import Bakery
from tests.models_registry.conftest import World, tokyo

EVERY = frozenset(Kind)


@pytest.fixture
def ringing(at_the_desk: World, bakery: Bakery) -> tuple[Store, Store, Deployment]:
    """Asakusa's photos fail, its model is late, the tick is old, and Umeda elsewhere is slow."""
    kansai = Area.objects.create(name="Kansai")
    asakusa, umeda = bakery("asakusa"), bakery("umeda", area=kansai)
    made = at_the_desk.deployment("asakusa model", asakusa)
    at_the_desk.at = tokyo(2, 9)
    late = {"stores": 1, "opens_at": tokyo(2, 7).isoformat()}
    wanted = {
        Wanted(Kind.ERROR_RATE, Ref(Subject.STORE, asakusa.pk), "AWS_DOWN", params={"percent": 40}),
        Wanted(Kind.NOT_READY, Ref(Subject.DEPLOYMENT, made.pk), "SLOW_START", 1, params=late),
        Wanted(Kind.TICK_OLD, FLEET),
        Wanted(Kind.SLOW, Ref(Subject.STORE, umeda.pk), params={"percent": 30}),
    }
    settle(wanted, kinds=EVERY, at=tokyo(2, 8, 50))
    return asakusa, umeda, made


def kinds_seen(client: Client, address: str = "/alerts/") -> set[str]:
    return {row.kind for row in client.get(address).context["found"].rows}


def test_each_sees_alerts_of_their_own_stores(ringing, hq: Client, sign_in: Callable[..., Client]) -> None:
    asakusa, umeda, _ = ringing
    assert kinds_seen(hq) == {"ERROR_RATE", "NOT_READY", "TICK_OLD", "SLOW"}
    assert kinds_seen(sign_in("taro", Role.OWNER, store=asakusa)) == {"ERROR_RATE", "NOT_READY"}
    assert kinds_seen(sign_in("jiro", Role.AREA_MANAGER, area=umeda.area)) == {"SLOW"}
    assert kinds_seen(sign_in("nobody")) == set()


def test_not_yours_is_404_and_seen_is_not_taken_on_by_a_viewer(ringing, sign_in) -> None:
    asakusa, umeda, _ = ringing
    slow = Alert.objects.get(kind="SLOW")
    assert sign_in("taro", Role.OWNER, store=asakusa).get(f"/alerts/{slow.pk}/").status_code == 404
    viewer = sign_in("mika", Role.VIEWER, store=umeda)
    assert viewer.get(f"/alerts/{slow.pk}/").status_code == 200
    viewer.post("/alerts/act/", {"act": "acknowledge", "alert": slow.pk})
    slow.refresh_from_db()
    assert slow.acknowledged_at is None


def test_several_are_taken_on_at_once_with_a_note_and_handed_back(ringing, hq: Client) -> None:
    chosen = list(Alert.objects.exclude(kind="SLOW").values_list("pk", flat=True))
    answer = hq.post(
        "/alerts/act/", {"act": "acknowledge", "alert": chosen, "note": "Calling AWS"}, follow=True
    )
    assert "You took 3 alerts on." in answer.content.decode()
    assert Alert.objects.filter(acknowledged_by__username="hanako").count() == 3
    assert AlertNote.objects.filter(note="Calling AWS").count() == 3
    assert kinds_seen(hq, "/alerts/?mine=on") == {"ERROR_RATE", "NOT_READY", "TICK_OLD"}
    hq.post("/alerts/act/", {"act": "hand_back", "alert": chosen})
    assert not Alert.objects.filter(acknowledged_at__isnull=False).exists()


def test_snooze_ends_by_itself(ringing, hq: Client) -> None:
    slow = Alert.objects.get(kind="SLOW")
    hq.post("/alerts/act/", {"act": "snooze", "hours": "4", "alert": slow.pk})
    slow.refresh_from_db()
    assert slow.snoozed_until == tokyo(2, 13)
    assert "Snoozed until" in hq.get("/alerts/").content.decode()


def test_one_alert_tells_its_story(ringing, hq: Client) -> None:
    late = Alert.objects.get(kind="NOT_READY")
    hq.post("/alerts/act/", {"act": "acknowledge", "alert": late.pk, "note": "On it"})
    hq.post(f"/alerts/{late.pk}/note/", {"note": "AWS case 42"})
    text = hq.get(f"/alerts/{late.pk}/").content.decode()
    assert "Customers come at 07:00 JST and the model is not ready." in text
    for part in ("It was noticed.", "hanako took it on", "On it", "AWS case 42", "Tell the shop"):
        assert part in text


def test_what_is_over_is_listed_with_its_length(ringing, hq: Client) -> None:
    settle(set(), kinds=EVERY, at=tokyo(2, 9, 4))
    assert "All is well" in hq.get("/alerts/").content.decode()
    text = hq.get("/alerts/?show=past").content.decode()
    assert "over after 14 min" in text
    assert "No alert matches" in hq.get("/alerts/?show=past&kind=DRIFT").content.decode()


def test_past_pages_follow_each_other_without_a_gap(at_the_desk: World, bakery: Bakery, hq: Client) -> None:
    store = bakery("asakusa")
    at = tokyo(2, 1)
    Alert.objects.bulk_create(
        Alert(
            kind="SLOW", severity="WARNING", subject=f"store:{store.pk}", store=store, group="SLOW::0",
            noticed_at=at, rang_at=at + timedelta(minutes=number // 3), ended_at=at + timedelta(days=1),
        )
        for number in range(120)
    )  # fmt: skip
    seen: list[int] = []
    after = ""
    for _ in range(4):
        found = hq.get("/alerts/", {"show": "past", "after": after}).context["found"]
        seen += [row.pk for row in found.rows]
        if not (after := found.after):
            break
    expected = Alert.objects.order_by("-rang_at", "-id").values_list("pk", flat=True)
    assert seen == list(expected)


def test_open_pages_follow_each_other_worst_first(at_the_desk: World, bakery: Bakery, hq: Client) -> None:
    at = tokyo(2, 1)
    severities = ("CRITICAL", "WARNING", "INFO")
    Alert.objects.bulk_create(
        Alert(kind="SLOW", severity=severities[number % 3], subject=f"store:{number}", group="SLOW::0",
              noticed_at=at, rang_at=at + timedelta(minutes=number // 7))
        for number in range(120)
    )  # fmt: skip
    first = hq.get("/alerts/").context["found"]
    second = hq.get("/alerts/", {"after": first.after}).context["found"]
    third = hq.get("/alerts/", {"after": second.after}).context["found"]
    rows = [*first.rows, *second.rows, *third.rows]
    assert len({row.pk for row in rows}) == 120
    assert [row.severity for row in rows] == [each for each in severities for _ in range(40)]


@pytest.mark.parametrize("after", ["x", "1~2", "2026-01-01T00:00:00~1", "x~2026-01-01T00:00:00+00:00~1"])
def test_address_changed_by_hand_is_one_sentence(at_the_desk: World, hq: Client, after: str) -> None:
    assert hq.get("/alerts/", {"after": after}).status_code == 400
    assert hq.get("/alerts/", {"after": after, "show": "past"}).status_code == 400


def test_bell_counts_what_nobody_has_taken_on_in_three_queries(
    ringing, hq: Client, django_assert_max_num_queries
) -> None:
    with django_assert_max_num_queries(4):  # session, person, scope, count
        text = hq.get("/alerts/bell/").content.decode()
    assert "4 open alerts" in text
    assert "k-bell-critical" in text
    Alert.objects.update(acknowledged_at=tokyo(2, 9))
    assert "No open alert" in hq.get("/alerts/bell/").content.decode()


def test_list_asks_few_queries(ringing, hq: Client, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(8):
        hq.get("/alerts/")


def test_pages_read_in_japanese(ringing, hq: Client) -> None:
    text = hq.get("/alerts/", headers={"accept-language": "ja"}).content.decode()
    assert "開店" in text
    assert "Not ready" not in text
