"""Files of the history: whole, once, by any worker, and only for whom they are."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from detections import tasks
from detections.domain.exports import Format, Shape, text_of
from detections.domain.ports import PictureMissing, PictureStoreError
from detections.gateways.picture_files import StoredPictures
from detections.models import DetectedLabel, Detection, Export, Label, SavedView
from detections.services import exports as service
from detections.wiring import PICTURES
from portal.base.errors import InvalidInput
from portal.base.models import User
from stores.models import Role, Store
from tests.detections.conftest import Register
from tests.models_registry.conftest import World

SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PHOTOS_A_PART", 4)


@pytest.fixture
def log(asakusa: Register, world: World) -> list[Detection]:
    """Eleven photos, each with an accepted and a hidden box."""
    melon = Label.objects.create(name="メロンパン")
    return [photo_of(asakusa.store, melon, world, number) for number in range(11)]


def photo_of(store: Store, label: Label, world: World, number: int) -> Detection:
    at = world.at + timedelta(seconds=number)
    row = Detection.objects.create(store=store, at=at, taken_at=at, source="REGISTER", outcome="WAITING")
    for fate, confidence in (("A", 90.0), ("H", 3.0)):
        DetectedLabel.objects.create(
            id=2 * row.pk + (fate == "H"), detection=row, label=label, store=store, taken_at=at,
            confidence=confidence, threshold=80, fate=fate, left=0.1, top=0.1, width=0.2, height=0.2,
        )  # fmt: skip
    return row


def person(client: Client) -> User:
    return User.objects.get(pk=client.session["_auth_user_id"])


def ordered(
    client: Client, world: World, kind: Format = Format.CSV, shape: Shape = Shape.PHOTOS, query: str = ""
) -> Export:
    order = service.ExportOrder(kind, shape, query, 11)
    return service.order_export(order=order, author=person(client), at=world.at)


def write(world: World, parts: int = 1000, pictures: Any = PICTURES) -> Export | None:
    left = iter(range(parts - 1))
    writing = service.Writing(pictures, tasks.question_of, lambda: world.at)
    return service.advance_exports(writing=writing, is_time=lambda: next(left, None) is not None)


def fetched(client: Client, export: Export) -> bytes:
    answer = client.get(f"/exports/{export.pk}/file")
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert int(answer["Content-Length"]) == len(content)
    return content


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_file_of_several_parts_has_each_photo_once_newest_first(
    hq: Client, log: list[Detection], world: World
) -> None:
    export = ordered(hq, world)

    write(world)

    export.refresh_from_db()
    assert (export.state, export.photos_written, len(service.keys_of(export))) == ("DONE", 11, 3)
    rows = table(fetched(hq, export))
    assert [int(row["id"]) for row in rows] == [row.pk for row in reversed(log)]
    assert {row["accepted"] for row in rows} == {"メロンパン × 1"}


def test_file_of_boxes_has_hidden_ones_too(hq: Client, log: list[Detection], world: World) -> None:
    export = ordered(hq, world, Format.JSONL, Shape.BOXES)

    write(world)

    rows = [json.loads(line) for line in fetched(hq, export).decode().splitlines()]
    assert len(rows) == 22
    assert [row["confidence"] for row in rows[:2]] == [90.0, 3.0]


def test_filters_of_the_address_hold(hq: Client, log: list[Detection], world: World) -> None:
    Detection.objects.filter(pk=log[0].pk).update(outcome="THROTTLED")
    export = ordered(hq, world, query="outcome=THROTTLED")

    write(world)

    assert [int(row["id"]) for row in table(fetched(hq, export))] == [log[0].pk]


def test_next_worker_goes_on_where_a_dead_one_stopped(hq: Client, log: list[Detection], world: World) -> None:
    class Dies(StoredPictures):
        """Stores the second part, and is killed before it can say so."""

        saved = 0

        def save(self, key: str, content: bytes) -> None:
            super().save(key, content)
            self.saved += 1
            if self.saved == 2:
                raise KeyboardInterrupt

    export = ordered(hq, world)
    with pytest.raises(KeyboardInterrupt):
        write(world, pictures=Dies())
    assert write(world) is None, "its lease is not over"

    world.at += timedelta(seconds=91)
    write(world)

    ids = [int(row["id"]) for row in table(fetched(hq, export))]
    assert ids == [row.pk for row in reversed(log)]


def test_worker_that_was_thought_dead_changes_nothing(hq: Client, log: list[Detection], world: World) -> None:
    class Sleeps(StoredPictures):
        """Is so slow with its first part that another worker writes the whole file meanwhile."""

        slept = False

        def save(self, key: str, content: bytes) -> None:
            if not self.slept:
                self.slept = True
                world.at += timedelta(seconds=91)
                write(world)
            super().save(key, content)

    export = ordered(hq, world)
    write(world, pictures=Sleeps())

    export.refresh_from_db()
    assert (export.state, export.attempt, export.photos_written) == ("DONE", 2, 11)
    assert len(table(fetched(hq, export))) == 11


def test_two_files_take_turns(hq: Client, log: list[Detection], world: World) -> None:
    first, second = ordered(hq, world), ordered(hq, world)

    worked = [write(world, parts=1) for _ in range(4)]

    assert [each.pk for each in worked if each] == [first.pk, second.pk, first.pk, second.pk]


def test_storage_that_fails_is_tried_again_and_then_given_up(
    hq: Client, log: list[Detection], world: World
) -> None:
    class Full(StoredPictures):
        def save(self, key: str, content: bytes) -> None:
            raise PictureStoreError("full")

    export = ordered(hq, world)
    for _ in range(6):
        write(world, pictures=Full())
        world.at += timedelta(seconds=16)

    export.refresh_from_db()
    assert (export.state, export.attempt) == ("FAILED", 5)
    assert "could not be written" in hq.get("/exports/").content.decode()


def test_cancelled_file_stops_and_can_be_removed(hq: Client, log: list[Detection], world: World) -> None:
    export = ordered(hq, world)
    write(world, parts=1)

    assert hq.post(f"/exports/{export.pk}/cancel/").status_code == 302
    write(world)
    export.refresh_from_db()
    assert (export.state, export.photos_written) == ("CANCELLED", 4)
    assert hq.get(f"/exports/{export.pk}/file").status_code == 404

    hq.post(f"/exports/{export.pk}/remove/")
    assert f"/exports/{export.pk}/" not in hq.get("/exports/").content.decode()


def test_old_file_goes_with_all_its_parts(hq: Client, log: list[Detection], world: World) -> None:
    export = ordered(hq, world)
    write(world)
    export.refresh_from_db()
    keys = service.keys_of(export)

    assert service.expire_exports(pictures=PICTURES, at=world.at + timedelta(days=6)) == 0
    assert service.expire_exports(pictures=PICTURES, at=world.at + timedelta(days=7)) == 1

    assert not Export.objects.exists()
    for key in keys:
        with pytest.raises(PictureMissing):
            PICTURES.read(key)


def test_file_has_only_what_its_author_may_see(
    sign_in: SignIn, hq: Client, log: list[Detection], bakery: Callable[..., Store], world: World
) -> None:
    other = bakery("umeda")
    Detection.objects.create(
        store=other, at=world.at, taken_at=world.at, source="REGISTER", outcome="WAITING"
    )
    owner = sign_in("umeda-owner", Role.OWNER, store=other)
    export = ordered(owner, world)

    write(world)

    assert {row["store"] for row in table(fetched(owner, export))} == {"umeda"}
    assert hq.get(f"/exports/{export.pk}/file").status_code == 404, "whoever else, however mighty"
    assert hq.post(f"/exports/{export.pk}/cancel/").status_code == 404


def test_author_who_left_gets_nothing(hq: Client, log: list[Detection], world: World) -> None:
    export = ordered(hq, world)
    User.objects.update(is_active=False)

    write(world)

    export.refresh_from_db()
    assert (export.state, export.rows_written) == ("DONE", 0)


def test_three_files_at_once_are_enough(hq: Client, log: list[Detection], world: World) -> None:
    for _ in range(3):
        ordered(hq, world)
    with pytest.raises(InvalidInput):
        ordered(hq, world)

    said = hq.post("/exports/new/", {"format": "CSV", "shape": "PHOTOS", "query": ""}, follow=True)
    assert "Three files are being written already." in said.content.decode()


def test_page_asks_orders_and_shows_progress(hq: Client, log: list[Detection], world: World) -> None:
    said = hq.post(
        "/exports/new/",
        {"format": "CSV", "shape": "PHOTOS", "query": "kind=waiting&store=asakusa"},
        follow=True,
    )
    shown = said.content.decode()
    assert "being written" not in shown
    assert "asakusa" in shown
    assert "every 2s" in shown

    write(world, parts=1)
    world.at += timedelta(seconds=2)
    shown = hq.get("/exports/").content.decode()
    assert 'value="36"' in shown, "4 of 11"
    assert "2 a second" in shown

    write(world)
    shown = hq.get("/exports/", headers={"hx-request": "true"}).content.decode()
    assert "Download" in shown
    assert "every 2s" not in shown


def test_worker_task_writes_what_was_asked_for(hq: Client, log: list[Detection], world: World) -> None:
    export = ordered(hq, world)
    tasks.exports()
    assert len(table(fetched(hq, export))) == 11


def test_texts_that_look_like_formulas_are_not_run() -> None:
    rows = [["=1+1", 2, None]]
    assert text_of(Format.CSV, ("a", "b", "c"), rows, is_first=False) == b"'=1+1,2,\r\n"
    assert json.loads(text_of(Format.JSONL, ("a", "b", "c"), rows, is_first=True))["a"] == "=1+1"


def test_view_is_saved_shared_and_removed(sign_in: SignIn, hq: Client, asakusa: Register) -> None:
    analyst = sign_in("analyst", Role.ANALYST, store=asakusa.store)
    for name, shares in (("Mine", ""), ("Ours", "on")):
        said = {"name": name, "query": "kind=near_miss&area=nonsense&after=x", "is_shared": shares}
        answer = hq.post("/views/save/", said if shares else {**said, "is_shared": False})
        assert answer["Location"].endswith("?kind=near_miss")

    shown = analyst.get("/detections/").content.decode()
    assert "Ours" in shown
    assert "Mine" not in shown
    assert "?kind=near_miss" in shown

    ours = SavedView.objects.get(name="Ours")
    assert analyst.post(f"/views/{ours.pk}/remove/").status_code == 404
    assert hq.post(f"/views/{ours.pk}/remove/").status_code == 302
    assert not SavedView.objects.filter(pk=ours.pk).exists()


def test_same_name_gets_the_new_filters(hq: Client) -> None:
    for query in ("kind=near_miss", "kind=failed"):
        hq.post("/views/save/", {"name": "Mine", "query": query})
    assert list(SavedView.objects.values_list("name", "query")) == [("Mine", "kind=failed")]


def test_view_without_a_name_is_refused(hq: Client) -> None:
    said = hq.post("/views/save/", {"query": "kind=failed"}, follow=True)
    assert said.content.decode().count("Give the view a name.") == 1
    assert said.redirect_chain[0][0].endswith("?kind=failed")
