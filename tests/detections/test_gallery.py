"""The gallery: doubtful photos first, chosen ones acted on, undone; nothing of another store."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from detections.models import BulkAct, Detection, Review, ReviewAssignment, TrainingEntry, TrainingSet
from detections.services.correct import Sold, correct
from portal.base.models import User
from stores.models import Membership, Role, Store
from tests.detections.conftest import ANPAN, MELON, Register, jpeg, register_of


@pytest.fixture
def photos(asakusa: Register, eyes: Any) -> list[Detection]:
    """Three trays: the second was corrected by the register, the third has two breads on one place."""
    for shade in range(3):
        assert asakusa.send(jpeg(colour=(60 * shade, 90, 30))).status_code == 200
    first, second, third = Detection.objects.order_by("pk")
    correct(detection=second, items=[Sold(ANPAN)], register="", api_key=None)
    Detection.objects.filter(pk=third.pk).update(ask_count=1)
    return [first, second, third]


@pytest.fixture
def person(sign_in: Callable[..., Client], asakusa: Register) -> Callable[[str], Client]:
    def build(role: str) -> Client:
        user = User.objects.create_user(role.lower())
        Membership.objects.create(user=user, role=role, store=asakusa.store)
        client = Client(headers={"accept-language": "en"})
        client.force_login(user)
        return client

    return build


def order_of(client: Client, query: str = "") -> list[int]:
    return [tile.photo.pk for tile in client.get(f"/gallery/?{query}").context["found"].tiles]


def test_most_doubtful_come_first(photos: list[Detection], person: Callable[[str], Client]) -> None:
    first, second, third = photos
    assert order_of(person(Role.ANALYST)) == [second.pk, third.pk, first.pk]


def test_pages_follow_by_key(photos: list[Detection], person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detections.selectors.gallery.PAGE", 1)
    client, seen, query = person(Role.ANALYST), [], ""
    for _ in range(3):
        found = client.get(f"/gallery/?{query}").context["found"]
        seen += [tile.photo.pk for tile in found.tiles]
        query = f"after={quote(found.after)}"
    assert seen == [photos[1].pk, photos[2].pk, photos[0].pk]
    assert found.after == ""


def test_reviewed_photo_leaves_the_queue_and_is_found_by_verdict(
    photos: list[Detection], person: Callable[[str], Client]
) -> None:
    client = person(Role.ANALYST)
    said = post(client, photos[0], marked=[])
    assert said.status_code == 200
    assert photos[0].pk not in order_of(client)
    assert order_of(client, "verdict=BOTH_WRONG") == [photos[0].pk]
    assert order_of(client, "reason=SPURIOUS") == [photos[0].pk]
    reviewer = User.objects.get(username="analyst").pk
    assert order_of(client, f"reviewer={reviewer}") == [photos[0].pk]
    assert order_of(client, "reason=BAD_BOX") == []


def post(client: Client, photo: Detection, **said: Any) -> Any:
    body = {"token": str(uuid.uuid4()), "seen": 0, "reasons": [], "said": None, "flagged": None, **said}
    return client.post(f"/review/{photo.pk}/", json.dumps(body), content_type="application/json")


def test_decision_over_one_not_seen_is_told_with_what_was_said(photos: Any, person: Any) -> None:
    client = person(Role.ANALYST)
    post(client, photos[0], marked=[])
    again = post(client, photos[0], marked=[{"label": MELON, "box": [0.1, 0.1, 0.2, 0.2]}])
    assert again.status_code == 409
    assert again.json()["sheet"]["reviews"][0]["conclusion"] == "BOTH_WRONG"
    assert Review.objects.count() == 1


@pytest.mark.parametrize(
    "said",
    [
        {"marked": "x"}, {"marked": [{"label": "a"}]}, {"marked": None}, {"token": "no"}, {"said": "PERHAPS"},
        {"marked": [{"label": "a", "box": [0, 0, 99, 1]}]}, {"marked": [{"label": "", "box": [0, 0, 1, 1]}]},
        {"marked": [], "reasons": ["BORED"]}, {"marked": [{"label": "a", "box": ["NaN", 0, 1, 1]}]},
    ],
)  # fmt: skip
def test_unreadable_decision_is_refused_with_a_sentence(photos: Any, person: Any, said: Any) -> None:
    answer = post(person(Role.ANALYST), photos[0], **said)
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert Review.objects.count() == 0


def test_sheet_has_three_opinions_and_every_raw_box(photos: Any, person: Any) -> None:
    client = person(Role.ANALYST)
    sheet = client.get(f"/review/sheets?photo={photos[1].pk}").json()["sheets"][0]
    assert len(sheet["raw"]) == 3
    assert [each["label"] for each in sheet["sold"]] == [ANPAN]
    assert [each["label"] for each in sheet["marked"]] == [MELON]
    assert sheet["reviews"] == []


def test_sheets_cost_as_many_queries_for_one_as_for_eight(
    asakusa: Register, eyes: Any, person: Any, django_assert_max_num_queries: Any
) -> None:
    for shade in range(8):
        asakusa.send(jpeg(colour=(shade, 9, 9)))
    client = person(Role.ANALYST)
    with django_assert_max_num_queries(24):
        assert len(client.get("/review/sheets?").json()["sheets"]) == 8


def test_viewer_sees_but_does_not_judge(photos: Any, person: Any) -> None:
    client = person(Role.VIEWER)
    page = client.get("/gallery/")
    assert page.status_code == 200
    assert "Review one by one" not in page.content.decode()
    assert post(client, photos[0], marked=[]).status_code == 403
    assert client.post("/gallery/act/", {"kind": "FLAG", "photo": photos[0].pk}).status_code == 403
    assert client.get("/review/sheets").json()["sheets"] == []


def test_photo_of_another_store_is_not_there(photos: Any, bakery: Callable[..., Store]) -> None:
    other = register_of(bakery("ueno"))
    user = User.objects.create_user("ueno-owner")
    Membership.objects.create(user=user, role=Role.OWNER, store=other.store)
    client = Client()
    client.force_login(user)
    assert order_of(client) == []
    assert post(client, photos[0], marked=[]).status_code == 404
    client.post("/gallery/act/", {"kind": "FLAG", "photo": [each.pk for each in photos]})
    client.post("/gallery/act/", {"kind": "FLAG", "all": "1", "query": ""})
    assert not Detection.objects.filter(is_flagged=True).exists()


def test_chosen_are_flagged_and_undone_from_the_page(photos: Any, person: Any) -> None:
    client = person(Role.ANALYST)
    page = client.post("/gallery/act/", {"kind": "FLAG", "photo": [photos[0].pk, photos[1].pk]}, follow=True)
    assert "2 photos: flagged." in page.content.decode()
    assert Detection.objects.filter(is_flagged=True).count() == 2
    act = BulkAct.objects.get()
    assert f'formaction="/gallery/acts/{act.pk}/undo/"' in page.content.decode()
    client.post(f"/gallery/acts/{act.pk}/undo/")
    assert not Detection.objects.filter(is_flagged=True).exists()
    again = client.post(f"/gallery/acts/{act.pk}/undo/", follow=True)
    assert "This was undone already." in again.content.decode()


def test_all_that_match_are_accepted_at_once(photos: Any, person: Any) -> None:
    client = person(Role.ANALYST)
    client.post("/gallery/act/", {"kind": "ACCEPT", "all": "1", "query": "kind=corrected"})
    photos[1].refresh_from_db()
    assert photos[1].verdict == "AI_RIGHT"
    assert Review.objects.get().annotations.count() == 1
    assert Detection.objects.exclude(verdict="").count() == 1


def test_nobody_undoes_the_act_of_another(photos: Any, person: Any) -> None:
    person(Role.OWNER).post("/gallery/act/", {"kind": "FLAG", "photo": photos[0].pk})
    answer = person(Role.ANALYST).post(f"/gallery/acts/{BulkAct.objects.get().pk}/undo/")
    assert answer.status_code == 404


def test_crops_show_the_doubtful_boxes(photos: Any, person: Any) -> None:
    page = person(Role.ANALYST).get("/gallery/?mode=crops")
    assert page.content.decode().count("/boxes/") == sum(
        len(tile.doubtful) for tile in page.context["found"].tiles
    )


def test_near_identical_trays_are_counted_but_all_shown(photos: Any, person: Any) -> None:
    Detection.objects.update(picture_hash=5)
    tiles = person(Role.ANALYST).get("/gallery/").context["found"].tiles
    assert [(tile.place, tile.alike) for tile in tiles] == [(1, 3), (2, 3), (3, 3)]


def test_gallery_asks_as_often_for_one_photo_as_for_sixty(
    asakusa: Register, eyes: Any, person: Any, django_assert_max_num_queries: Any
) -> None:
    for shade in range(12):
        asakusa.send(jpeg(colour=(shade, 9, 9)))
    client = person(Role.ANALYST)
    with django_assert_max_num_queries(27):
        client.get("/gallery/")


def test_empty_gallery_says_so(asakusa: Register, person: Any) -> None:
    assert "Nothing to review" in person(Role.ANALYST).get("/gallery/").content.decode()


def submitted(photo: Detection, **state: Any) -> TrainingSet:
    """A training set that holds one photo."""
    assert photo.version is not None
    made = TrainingSet.objects.create(
        project=photo.version.project, number=TrainingSet.objects.count() + 1, digest="d", version_name="v2",
        state_since=photo.at, submitted_at=photo.at, **{"state": "DONE", **state},
    )  # fmt: skip
    TrainingEntry.objects.create(training_set=made, detection=photo, split="TRAIN", source="s3://b/1.jpg")
    return made


def test_photos_are_told_apart_by_whether_a_model_has_learnt_from_them(photos: Any, person: Any) -> None:
    submitted(photos[0])
    submitted(photos[1], state="CANCELLED")
    client = person(Role.ANALYST)
    assert order_of(client, "taught=yes") == [photos[0].pk]
    assert order_of(client, "taught=no") == [photos[2].pk, photos[1].pk]
    page = client.get("/gallery/?taught=yes", headers={"accept-language": "ja"}).content.decode()
    assert "<span>学習セットに入っている</span> はい" in page


def test_second_page_of_the_newest_goes_on(photos: Any, person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detections.selectors.gallery.PAGE", 2)
    client = person(Role.ANALYST)
    page = client.get("/gallery/?order=newest").context
    assert order_of(client, f"{page['query']}&after={quote(page['found'].after)}") == [photos[0].pk]


def test_all_that_match_a_flag_are_unflagged_reviewed_or_not(photos: Any, person: Any) -> None:
    client = person(Role.ANALYST)
    post(client, photos[0], marked=[], flagged=True)
    query = client.get("/gallery/?flagged=on").context["query"]
    client.post("/gallery/act/", {"kind": "UNFLAG", "all": "1", "query": query})
    assert not Detection.objects.filter(is_flagged=True).exists()


def colleague(register: Register, name: str, role: Role = Role.ANALYST) -> User:
    user = User.objects.create_user(name)
    Membership.objects.create(user=user, role=role, store=register.store)
    return user


def assign(client: Client, to: Any, *photos: Detection) -> Any:
    said = {"kind": "ASSIGN", "assignee": to, "photo": [each.pk for each in photos]}
    return client.post("/gallery/act/", said, follow=True)


def test_chosen_photos_are_assigned_found_and_undone(asakusa: Register, photos: Any, person: Any) -> None:
    aki, client = colleague(asakusa, "aki"), person(Role.ANALYST)
    page = assign(client, aki.pk, photos[0], photos[2]).content.decode()
    assert "2 photos: assigned." in page
    assert order_of(client, f"assigned={aki.pk}") == [photos[2].pk, photos[0].pk]
    mine = Client(headers={"accept-language": "en"})
    mine.force_login(aki)
    assert f'href="?assigned={aki.pk}"' in mine.get("/gallery/").content.decode()
    sheets = mine.get(f"/review/sheets?assigned={aki.pk}").json()["sheets"]
    assert [each["id"] for each in sheets] == [photos[2].pk, photos[0].pk]

    post(mine, photos[0], marked=[])
    assert order_of(client, f"assigned={aki.pk}") == [photos[2].pk]
    client.post(f"/gallery/acts/{BulkAct.objects.get().pk}/undo/")
    assert not ReviewAssignment.objects.exists()


def test_undoing_an_assignment_brings_the_earlier_one_back(
    asakusa: Register, photos: Any, person: Any
) -> None:
    aki, ben, client = colleague(asakusa, "aki"), colleague(asakusa, "ben"), person(Role.OWNER)
    assign(client, aki.pk, *photos)
    assign(client, ben.pk, photos[0], photos[1])
    assign(client, aki.pk, photos[1])
    client.post(f"/gallery/acts/{BulkAct.objects.order_by('pk')[1].pk}/undo/")
    assert set(ReviewAssignment.objects.values_list("reviewer", flat=True)) == {aki.pk}
    assign(client, "0", *photos)
    assert not ReviewAssignment.objects.exists()


@pytest.mark.parametrize("to", ["", "x", "999999"])
def test_photos_are_assigned_to_somebody_or_not_at_all(photos: Any, person: Any, to: str) -> None:
    page = assign(person(Role.ANALYST), to, *photos).content.decode()
    assert "Choose who shall review these photos." in page
    assert not ReviewAssignment.objects.exists()


def test_nobody_is_asked_to_review_what_they_may_not(asakusa: Register, photos: Any, person: Any) -> None:
    viewer = colleague(asakusa, "yuki", Role.VIEWER)
    assign(person(Role.ANALYST), viewer.pk, *photos)
    assert not ReviewAssignment.objects.exists()


def test_reviewed_photos_are_not_assigned(asakusa: Register, photos: Any, person: Any) -> None:
    client = person(Role.ANALYST)
    post(client, photos[0], marked=[])
    assign(client, colleague(asakusa, "aki").pk, photos[0], photos[1])
    assert [each.detection_id for each in ReviewAssignment.objects.all()] == [photos[1].pk]
