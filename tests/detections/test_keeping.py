"""How long pictures are kept, what is made small of them, and which are kept longer."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from PIL import Image

from detections.domain.pictures import crop_key, small_key
from detections.domain.ports import PictureMissing, PictureStoreError
from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.gateways.pixels import small_pictures
from detections.models import DetectedLabel, Detection, DetectionSettings
from detections.services.flags import flag
from detections.services.retention import prune_pictures
from detections.services.reviews import Decision, accepted_on, review
from detections.services.small_pictures import make_small_pictures
from detections.wiring import PICTURES
from models_registry.models import Deployment
from portal.base.models import User
from stores.models import Role
from tests.detections.conftest import Register, jpeg
from tests.models_registry.conftest import World

WRONG = [("retention_days", "0"), ("raw_floor", "101"), ("raw_floor", "")]


def always() -> bool:
    return True


def make_small() -> int:
    return make_small_pictures(pictures=PICTURES, shrink=small_pictures, is_time=always)


def prune(world: World, store: Any = PICTURES) -> int:
    return prune_pictures(pictures=store, at=world.at, is_time=always)


def photo(register: Register, **headers: str) -> Detection:
    return Detection.objects.get(pk=register.send(jpeg(800, 600), **headers).json()["id"])


def keep_for(days: int) -> None:
    DetectionSettings.objects.update_or_create(
        deployment=Deployment.objects.get(), defaults={"retention_days": days}
    )


def aged(detection: Detection, days: int) -> Detection:
    taken_at = detection.taken_at - timedelta(days=days)
    Detection.objects.filter(pk=detection.pk).update(taken_at=taken_at)
    return detection


def is_there(key: str) -> bool:
    try:
        return bool(PICTURES.read(key))
    except PictureMissing:
        return False


def test_thumbnail_and_a_crop_of_each_shown_box_are_made_once(asakusa: Register, eyes: InMemoryEyes) -> None:
    row = photo(asakusa)

    assert (make_small(), make_small()) == (1, 0)

    with Image.open(io.BytesIO(PICTURES.read(small_key(row.picture_key)))) as opened:
        assert max(opened.size) == 320
    for box in DetectedLabel.objects.filter(detection=row):
        with Image.open(io.BytesIO(PICTURES.read(crop_key(row.picture_key, box.pk)))) as opened:
            assert max(opened.size) == 160


def test_photo_whose_picture_is_gone_is_not_tried_for_ever(asakusa: Register, eyes: InMemoryEyes) -> None:
    row = photo(asakusa)
    PICTURES.delete([row.picture_key])

    assert (make_small(), make_small()) == (1, 0)


def test_old_pictures_go_and_what_was_seen_stays(asakusa: Register, eyes: InMemoryEyes, world: World) -> None:
    old, young = aged(photo(asakusa), 31), aged(photo(asakusa), 29)
    make_small()
    keep_for(30)
    keys = [old.picture_key, small_key(old.picture_key)]
    keys += [crop_key(old.picture_key, box.pk) for box in DetectedLabel.objects.filter(detection=old)]
    assert all(map(is_there, keys))

    assert prune(world) == 1

    assert not any(map(is_there, keys))
    assert is_there(young.picture_key)
    row = Detection.objects.get(pk=old.pk)
    assert (row.picture_key, row.pruned_at, row.picture_sha256) == ("", world.at, old.picture_sha256)
    assert DetectedLabel.objects.filter(detection=row).count() == 3
    assert prune(world) == 0


def test_flagged_corrected_reviewed_and_waiting_photos_are_kept(
    asakusa: Register, eyes: InMemoryEyes, world: World
) -> None:
    rows = [aged(photo(asakusa), 90) for _ in range(4)]
    review_as_right(rows[3])
    flag(detection=rows[0], is_flagged=True)
    asakusa.post(f"/detections/{rows[1].pk}/correction", {"items": [{"label": "anpan"}]})
    Detection.objects.filter(pk=rows[2].pk).update(outcome="WAITING")
    keep_for(30)

    assert prune(world) == 0
    assert all(is_there(row.picture_key) for row in rows)


def review_as_right(row: Detection) -> None:
    decision = Decision(uuid4(), 0, accepted_on(row))
    review(detection=row, by=User.objects.create_user("aki"), decision=decision)


def test_without_days_pictures_are_kept_for_ever(asakusa: Register, eyes: InMemoryEyes, world: World) -> None:
    row = aged(photo(asakusa), 3000)

    assert prune(world) == 0
    assert is_there(row.picture_key)


class Dying:
    """The pictures, with a process that dies at the nth delete, before or after it."""

    def __init__(self, dies_at: int, *, does_it: bool) -> None:
        self.left, self.does_it = dies_at, does_it

    def delete(self, keys: list[str]) -> None:
        self.left -= 1
        if self.left < 0 and not self.does_it:
            raise PictureStoreError("died before")
        PICTURES.delete(keys)
        if self.left < 0:
            raise PictureStoreError("died after")


@pytest.mark.parametrize(("dies_at", "does_it"), list(itertools.product((0, 1), (False, True))))
def test_crash_leaves_no_row_that_promises_a_lost_picture(
    asakusa: Register, eyes: InMemoryEyes, world: World, monkeypatch: Any, dies_at: int, does_it: bool
) -> None:
    monkeypatch.setattr("detections.services.retention.AT_ONCE", 1)
    rows = [aged(photo(asakusa), 40 + n) for n in range(3)]
    keep_for(30)

    with pytest.raises(PictureStoreError):
        prune(world, Dying(dies_at, does_it=does_it))

    for row in Detection.objects.all():
        assert not row.has_picture or is_there(row.picture_key)
    prune(world)
    assert Detection.objects.filter(picture_key="", pruned_at__isnull=False).count() == 3
    assert not any(is_there(row.picture_key) for row in rows)


def test_page_says_that_the_picture_was_deleted(
    asakusa: Register, eyes: InMemoryEyes, world: World, sign_in: Callable[..., Client]
) -> None:
    row = aged(photo(asakusa), 31)
    hanako = sign_in("hanako", Role.HQ)
    keep_for(30)
    prune(world)

    assert "The picture was deleted" in hanako.get(f"/detections/{row.pk}/").content.decode()
    assert hanako.get(f"/detections/{row.pk}/picture").status_code == 404


@pytest.mark.parametrize("is_made", [False, True])
def test_small_pictures_are_sent_whether_made_yet_or_not(
    asakusa: Register, eyes: InMemoryEyes, sign_in: Callable[..., Client], is_made: bool
) -> None:
    row = photo(asakusa)
    box = DetectedLabel.objects.filter(detection=row).first()
    assert box is not None
    if is_made:
        make_small()
    hanako = sign_in("hanako", Role.HQ)

    for path in ("picture?size=thumb", f"boxes/{box.pk}.jpg"):
        answer = hanako.get(f"/detections/{row.pk}/{path}")
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
        assert len(answer.content) < 20_000


def test_flag_is_set_and_taken_back(
    asakusa: Register, eyes: InMemoryEyes, sign_in: Callable[..., Client]
) -> None:
    row = photo(asakusa)
    analyst = sign_in("aiko", Role.ANALYST, store=asakusa.store)

    for value, is_flagged in (("1", True), ("0", False)):
        analyst.post(f"/detections/{row.pk}/flag/", {"flag": value})
        assert Detection.objects.get(pk=row.pk).is_flagged is is_flagged


def test_fewer_days_ask_before_pictures_go(
    asakusa: Register, eyes: InMemoryEyes, sign_in: Callable[..., Client]
) -> None:
    aged(photo(asakusa), 40)
    hanako = sign_in("hanako", Role.HQ)
    address = f"/deployments/{Deployment.objects.get().pk}/photos/"
    said = {"raw_floor": "0", "retention_days": "30"}

    asked = hanako.post(address, said)

    assert "One photo is older than that" in asked.content.decode()
    assert not DetectionSettings.objects.exists()
    assert hanako.post(address, {**said, "is_sure": "on"}).status_code == 302
    assert DetectionSettings.objects.get().retention_days == 30


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_settings_out_of_range_are_refused(
    asakusa: Register, sign_in: Callable[..., Client], name: str, value: str
) -> None:
    hanako = sign_in("hanako", Role.HQ)
    address = f"/deployments/{Deployment.objects.get().pk}/photos/"

    answer = hanako.post(address, {"raw_floor": "0", "retention_days": "", name: value})

    assert answer.status_code == 200
    assert not DetectionSettings.objects.exists()
