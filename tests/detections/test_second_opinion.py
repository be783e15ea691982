"""A second opinion: drawn by key, given without the first, kept beside it; a third decision settles it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from detections.domain.places import Box
from detections.domain.reviews import Conclusion, Marked
from detections.domain.second import SECOND_EVERY, Second, after_review, agree, wants_second
from detections.models import BulkAct, Detection, Review, SecondOpinion
from detections.selectors.photos import HistoryFilter, photos
from detections.services.bulk import act_on_many, undo
from portal.base.models import User
from stores.models import Membership, Role, Store
from tests.detections.conftest import ANPAN, MELON, Register, jpeg
from tests.models_registry.conftest import tokyo

HERE, NEAR, THERE = Box(0.1, 0.1, 0.3, 0.3), Box(0.12, 0.12, 0.3, 0.3), Box(0.6, 0.6, 0.3, 0.3)
AS_SHOWN = [{"label": MELON, "box": [0.1, 0.1, 0.3, 0.3]}]
OTHERWISE = [{"label": ANPAN, "box": [0.1, 0.1, 0.3, 0.3]}]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([], [], True),
        (None, None, True),
        (None, [], False),
        ([Marked("a", HERE)], [Marked("a", NEAR)], True),
        ([Marked("a", HERE)], [Marked("b", HERE)], False),
        ([Marked("a", HERE)], [Marked("a", THERE)], False),
        ([Marked("a", HERE)], [Marked("a", HERE), Marked("a", HERE)], False),
        ([Marked("a", HERE), Marked("b", THERE)], [Marked("b", THERE), Marked("a", NEAR)], True),
    ],
)
def test_two_agree_where_labels_and_places_do(first: Any, second: Any, expected: bool) -> None:
    assert agree(first, second) is expected
    assert agree(second, first) is expected


def test_box_that_two_could_take_goes_to_the_one_that_needs_it() -> None:
    between, left, right = Box(0.2, 0, 0.4, 0.4), Box(0.12, 0, 0.4, 0.4), Box(0.1, 0, 0.4, 0.4)
    other = Box(0.3, 0, 0.4, 0.4)
    first = [Marked("a", between), Marked("a", left)]
    assert agree(first, [Marked("a", right), Marked("a", other)])
    assert agree(first, [Marked("a", other), Marked("a", right)])


def test_one_photo_in_ten_is_drawn_and_always_the_same() -> None:
    drawn = [key for key in range(1, 20_001) if wants_second(key)]
    assert len(drawn) == pytest.approx(20_000 / SECOND_EVERY, rel=0.1)
    assert drawn[:3] == [key for key in range(1, drawn[2] + 1) if wants_second(key)]
    assert sum(key % 50 == 0 for key in drawn) == pytest.approx(len(drawn) / 50, rel=0.5)


@pytest.mark.parametrize(
    ("before", "conclusion", "takes_back", "after"),
    [
        ("", Conclusion.AI_RIGHT, False, Second.WAITING),
        (Second.AGREED, Conclusion.BOTH_WRONG, False, Second.WAITING),
        (Second.WAITING, Conclusion.WITHDRAWN, True, ""),
        (Second.DISAGREED, Conclusion.BOTH_WRONG, False, Second.SETTLED),
        (Second.SETTLED, Conclusion.BOTH_WRONG, True, Second.DISAGREED),
        (Second.SETTLED, Conclusion.AI_RIGHT, False, Second.SETTLED),
    ],
)
def test_what_a_review_means_for_the_second_opinion(
    before: str, conclusion: Conclusion, takes_back: bool, after: str
) -> None:
    key = next(key for key in range(1, 200) if wants_second(key))
    assert after_review(key, before, conclusion, takes_back=takes_back) == after


def test_nobody_repeats_a_photo_that_is_not_drawn() -> None:
    key = next(key for key in range(1, 200) if not wants_second(key))
    assert after_review(key, "", Conclusion.AI_RIGHT, takes_back=False) == ""


@pytest.fixture
def photo(asakusa: Register, eyes: Any) -> Detection:
    """A photo that is drawn for a second opinion."""
    return drawn_photo(asakusa)


def drawn_photo(register: Register) -> Detection:
    for shade in range(200):
        key = register.send(jpeg(colour=(shade, 50, 50))).json()["id"]
        if wants_second(key):
            return Detection.objects.get(pk=key)
    raise AssertionError("none is drawn")


@pytest.fixture
def analyst(asakusa: Register) -> Callable[[str], Client]:
    def build(name: str) -> Client:
        user, _ = User.objects.get_or_create(username=name)
        Membership.objects.get_or_create(user=user, role=Role.ANALYST, store=asakusa.store)
        client = Client(headers={"accept-language": "en"})
        client.force_login(user)
        return client

    return build


def say(client: Client, photo: Detection, marked: Any, way: str = "", **said: Any) -> Any:
    body = {"token": str(uuid.uuid4()), "seen": 1, "reasons": [], "said": None, "marked": marked, **said}
    return client.post(f"/review/{photo.pk}/{way}", json.dumps(body), content_type="application/json")


def state_of(photo: Detection) -> str:
    photo.refresh_from_db()
    return photo.second


@pytest.fixture
def reviewed(photo: Detection, analyst: Any) -> Detection:
    """Aki has said that it is あんぱん."""
    assert say(analyst("aki"), photo, OTHERWISE, seen=0).status_code == 200
    assert state_of(photo) == Second.WAITING
    return photo


def queue(client: Client, state: str) -> list[Any]:
    return client.get(f"/review/sheets?second={state}").json()["sheets"]


def test_second_person_is_sent_nothing_of_the_first_opinion(reviewed: Detection, analyst: Any) -> None:
    (sheet,) = queue(analyst("ben"), "WAITING")
    assert (sheet["id"], sheet["seen"]) == (reviewed.pk, 1)
    assert sheet["reviews"] == sheet["answers"] == []
    assert (sheet["verdict"], sheet["flagged"]) == ("", False)
    assert [each["label"] for each in sheet["marked"]] == [MELON]
    one = analyst("ben").get(f"/review/sheets?second=WAITING&photo={reviewed.pk}").content.decode()
    for text in (one, analyst("ben").get("/review/?second=WAITING").content.decode()):
        assert "aki" not in text
        assert "BOTH_WRONG" not in text
    page = analyst("ben").get("/gallery/?second=WAITING").content.decode()
    assert f'href="/review/?second=WAITING&amp;photo={reviewed.pk}"' in page
    assert '<span class="d-tag d-A">both are wrong</span>' not in page


def test_nobody_gives_a_second_opinion_of_their_own_review(reviewed: Detection, analyst: Any) -> None:
    aki = analyst("aki")
    assert queue(aki, "WAITING") == []
    assert say(aki, reviewed, AS_SHOWN, "second/").status_code == 400
    assert SecondOpinion.objects.count() == 0


def test_agreement_is_kept_and_changes_no_verdict(reviewed: Detection, analyst: Any) -> None:
    answer = say(analyst("ben"), reviewed, [{"label": ANPAN, "box": [0.12, 0.1, 0.3, 0.3]}], "second/")
    assert answer.json() == {"seen": 1, "said": "both are wrong"}
    assert state_of(reviewed) == Second.AGREED
    assert (reviewed.verdict, reviewed.review_number, Review.objects.count()) == ("BOTH_WRONG", 1, 1)
    assert queue(analyst("ben"), "WAITING") == queue(analyst("ben"), "DISAGREED") == []


def test_disagreement_shows_both_answers_until_a_third_decision(reviewed: Detection, analyst: Any) -> None:
    say(analyst("ben"), reviewed, AS_SHOWN, "second/")
    assert state_of(reviewed) == Second.DISAGREED
    assert reviewed.verdict == "BOTH_WRONG"
    (sheet,) = queue(analyst("chika"), "DISAGREED")
    said = [(each["who"], [one["label"] for one in each["marked"]]) for each in sheet["answers"]]
    assert said == [("aki", [ANPAN]), ("ben", [MELON])]

    say(analyst("chika"), reviewed, AS_SHOWN)
    assert state_of(reviewed) == Second.SETTLED
    assert (reviewed.verdict, reviewed.review_number) == ("AI_RIGHT", 2)
    assert queue(analyst("chika"), "DISAGREED") == []


def test_decision_that_settled_is_taken_back_and_the_disagreement_is_open_again(
    reviewed: Detection, analyst: Any
) -> None:
    say(analyst("ben"), reviewed, AS_SHOWN, "second/")
    say(analyst("chika"), reviewed, AS_SHOWN)
    say(analyst("chika"), reviewed, OTHERWISE, seen=2, undoes=True)
    assert state_of(reviewed) == Second.DISAGREED
    assert (reviewed.verdict, reviewed.review_number) == ("BOTH_WRONG", 3)
    (sheet,) = queue(analyst("chika"), "DISAGREED")
    assert [each["who"] for each in sheet["answers"]] == ["aki", "ben"]


def test_second_opinion_is_taken_back_by_its_person_only(reviewed: Detection, analyst: Any) -> None:
    say(analyst("ben"), reviewed, AS_SHOWN, "second/")
    assert say(analyst("chika"), reviewed, None, "second/", said="WITHDRAWN").status_code == 400
    assert say(analyst("ben"), reviewed, None, "second/", said="WITHDRAWN").status_code == 200
    assert state_of(reviewed) == Second.WAITING
    say(analyst("ben"), reviewed, OTHERWISE, "second/")
    assert state_of(reviewed) == Second.AGREED
    assert [each.number for each in SecondOpinion.objects.order_by("id")] == [1, 2, 3]


def test_second_opinion_sent_twice_is_kept_once(reviewed: Detection, analyst: Any) -> None:
    token = str(uuid.uuid4())
    for _ in range(2):
        assert say(analyst("ben"), reviewed, AS_SHOWN, "second/", token=token).status_code == 200
    assert SecondOpinion.objects.count() == 1


def test_one_of_two_second_opinions_is_told_to_be_late(reviewed: Detection, analyst: Any) -> None:
    say(analyst("ben"), reviewed, AS_SHOWN, "second/")
    answer = say(analyst("chika"), reviewed, AS_SHOWN, "second/")
    assert answer.status_code == 409
    assert "sheet" not in answer.json()
    assert SecondOpinion.objects.count() == 1


def test_review_taken_back_waits_for_no_second_opinion(reviewed: Detection, analyst: Any) -> None:
    say(analyst("aki"), reviewed, None, said="WITHDRAWN")
    assert state_of(reviewed) == ""


def test_photos_accepted_at_once_are_drawn_too_and_undone(photo: Detection, analyst: Any) -> None:
    analyst("aki")
    aki = User.objects.get(username="aki")
    act = act_on_many(photos=[photo.pk], kind=BulkAct.Kind.ACCEPT, by=aki)
    assert state_of(photo) == Second.WAITING
    undo(act=act, by=aki, at=tokyo(2, 10))
    assert state_of(photo) == ""


def test_gallery_tells_what_waits_and_for_whom(reviewed: Detection, analyst: Any) -> None:
    aki, ben = analyst("aki"), analyst("ben")
    link = 'href="/review/?second=WAITING"'
    assert link in ben.get("/gallery/").content.decode()
    assert link not in aki.get("/gallery/").content.decode()
    say(ben, reviewed, AS_SHOWN, "second/")
    page = aki.get("/gallery/").content.decode()
    assert link not in page
    assert 'href="/review/?second=DISAGREED"' in page


def test_queues_walk_their_own_index(reviewed: Detection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    plan = photos(Store.objects.all(), HistoryFilter(second="DISAGREED")).explain()
    assert "detection_second" in plan
    assert "Sort" not in plan
