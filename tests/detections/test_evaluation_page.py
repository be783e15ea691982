"""Scores of a version on reviewed photos: the same as counted by hand, for those who may see the stores."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from detections.domain.reviews import Conclusion, Marked
from detections.models import Detection
from detections.services.reviews import Decision, review
from portal.base.models import User
from stores.models import Membership, Role, Store
from tests.detections.conftest import ANPAN, MELON, YAKISOBA, Register, jpeg
from tests.detections.test_reviews import BOXES


def decided(marked: Any, **more: Any) -> Decision:
    return Decision(uuid.uuid4(), 0, marked, **more)


@pytest.fixture
def aki(asakusa: Register) -> User:
    person = User.objects.create_user("aki")
    Membership.objects.create(user=person, role=Role.ANALYST, store=asakusa.store)
    return person


@pytest.fixture
def photos(asakusa: Register, eyes: Any, aki: User) -> list[Detection]:
    """Four trays: all three breads, a melon bread only, one called melon that is none, one not to tell."""
    for shade in range(4):
        asakusa.send(jpeg(colour=(shade, 1, 1)))
    rows = list(Detection.objects.order_by("pk"))
    three = [Marked(each, box) for each, box in zip((MELON, ANPAN, YAKISOBA), BOXES, strict=True)]
    truths = [three, three[:1], [Marked("カレーパン", BOXES[0])]]
    for row, marked in zip(rows, truths, strict=False):
        review(detection=row, by=aki, decision=decided(marked))
    review(detection=rows[3], by=aki, decision=decided(None, said=Conclusion.CANNOT_TELL))
    return rows


@pytest.fixture
def client_of(aki: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(aki)
    return client


def test_scores_are_those_counted_by_hand(photos: list[Detection], client_of: Client) -> None:
    page = client_of.get(f"/versions/{photos[0].version_id}/reviewed/")
    rows = {row["label"]: row for row in page.context["rows"]}
    melon = rows[MELON]["counts"]
    assert (melon.tp, melon.fp, melon.fn) == (2, 1, 0)
    assert (rows[ANPAN]["counts"].tp, rows[ANPAN]["counts"].fn) == (0, 1)
    assert rows["カレーパン"]["counts"].fn == 1
    assert rows[MELON]["threshold"] == 86.2
    assert rows[MELON]["is_trusted"] is False
    assert len(page.context["scored"].pictures) == 3
    assert page.context["scored"].left_out == 1


def test_what_was_taken_for_what_leads_to_the_photo(photos: list[Detection], client_of: Client) -> None:
    page = client_of.get(f"/versions/{photos[0].version_id}/reviewed/")
    (wrong,) = (row for row in page.context["confusions"] if row["cause"] == "wrong label")
    assert (wrong["true"], wrong["named"], wrong["photos"]) == ("カレーパン", MELON, [photos[2].pk])
    causes = {(row["cause"], row["true"]) for row in page.context["confusions"]}
    assert ("near miss", ANPAN) in causes


def test_newest_review_counts(photos: list[Detection], client_of: Client, aki: User) -> None:
    changed = Decision(uuid.uuid4(), 1, [Marked(MELON, BOXES[0])])
    review(detection=photos[2], by=aki, decision=changed)
    page = client_of.get(f"/versions/{photos[0].version_id}/reviewed/")
    assert "カレーパン" not in {row["label"] for row in page.context["rows"]}


def test_random_sample_alone_is_scored_when_asked(photos: list[Detection], client_of: Client) -> None:
    page = client_of.get(f"/versions/{photos[0].version_id}/reviewed/?audit=on")
    wanted = sum(photo.pk % 50 == 0 for photo in photos[:3])
    assert len(page.context["scored"].pictures) == wanted


def test_version_without_reviews_says_so(asakusa: Register, eyes: Any, client_of: Client) -> None:
    asakusa.send()
    page = client_of.get(f"/versions/{Detection.objects.get().version_id}/reviewed/")
    assert "No photo of this version was reviewed yet" in page.content.decode()


def test_stranger_to_the_store_gets_404(photos: list[Detection], bakery: Callable[..., Store]) -> None:
    owner = User.objects.create_user("ueno")
    Membership.objects.create(user=owner, role=Role.OWNER, store=bakery("ueno"))
    client = Client()
    client.force_login(owner)
    assert client.get(f"/versions/{photos[0].version_id}/reviewed/").status_code == 404


def test_page_asks_as_often_for_many_photos(
    photos: list[Detection], client_of: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(24):
        client_of.get(f"/versions/{photos[0].version_id}/reviewed/")
