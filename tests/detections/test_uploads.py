"""Pictures that do not come with the question."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from detections.domain.pictures import MAX_UPLOAD_BYTES
from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.models import Detection
from detections.wiring import PICTURES
from stores.models import Store
from tests.detections.conftest import MELON, Register, jpeg, register_of
from tests.models_registry.conftest import World


def imported(register: Register, **more: Any) -> Detection:
    entry = {"taken_at": "2026-03-01T00:00:00Z", "labels": [{"label": MELON, "confidence": 99}], **more}
    report = register.post("/detections:import?ids=1", entry).json()
    return Detection.objects.get(pk=report["detections"][0]["id"])


def put(address: str, content: bytes) -> Any:
    file = SimpleUploadedFile("tray.jpg", content, "image/jpeg")
    return Client().post(urlsplit(address).path, {"file": file})


def attach(register: Register, row: Detection, content: bytes) -> Any:
    address = f"/api/v1/detections/{row.pk}/picture"
    return register.client.post(address, content, content_type="image/jpeg")


def test_uploaded_picture_is_analysed_by_its_name(asakusa: Register, eyes: InMemoryEyes) -> None:
    asked = asakusa.post("/uploads", {}).json()

    assert put(asked["url"], jpeg()).status_code == 204

    answer = asakusa.post("/detections", {"s3_key": asked["s3_key"]})
    assert (answer.status_code, answer.json()["totals"]) == (200, {MELON: 1})


def test_upload_is_for_its_own_place_and_a_while(asakusa: Register, world: World) -> None:
    asked = asakusa.post("/uploads", {"content_type": "image/png"}).json()
    assert asked["s3_key"].startswith(f"uploads/{asakusa.store.pk}/")
    assert asked["s3_key"].endswith(".png")

    assert put(asked["url"][:-3] + "abc", jpeg()).json()["code"] == "not_found"
    world.at += timedelta(minutes=16)
    late = put(asked["url"], jpeg())
    assert (late.status_code, late.json()["code"]) == (404, "upload_expired")


def test_upload_that_is_too_large_or_empty_is_refused(asakusa: Register) -> None:
    asked = asakusa.post("/uploads", {}).json()

    assert put(asked["url"], bytes(MAX_UPLOAD_BYTES + 1)).json()["code"] == "picture_too_large"
    assert put(asked["url"], b"").json()["code"] == "picture_missing"


def test_picture_follows_an_imported_photo(asakusa: Register) -> None:
    content = jpeg(640, 480)
    row = imported(asakusa, sha256=hashlib.sha256(content).hexdigest())

    first, again = attach(asakusa, row, content), attach(asakusa, row, content)

    assert (first.status_code, again.json()) == (200, first.json())
    row.refresh_from_db()
    assert PICTURES.read(row.picture_key) == content
    assert (row.width, row.height, row.picture_bytes) == (640, 480, len(content))


def test_uploaded_picture_follows_by_its_name(asakusa: Register) -> None:
    row, asked = imported(asakusa), asakusa.post("/uploads", {}).json()
    put(asked["url"], jpeg())

    answer = asakusa.post(f"/detections/{row.pk}/picture", {"s3_key": asked["s3_key"]})

    assert answer.status_code == 200, answer.content
    assert Detection.objects.get(pk=row.pk).has_picture


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (jpeg(colour="red"), 422, "picture_differs"),
        (b"melon", 415, "not_a_picture"),
        (jpeg()[:200], 422, "picture_damaged"),
    ],
)
def test_other_picture_is_refused(asakusa: Register, content: bytes, status: int, code: str) -> None:
    row = imported(asakusa, sha256=hashlib.sha256(jpeg()).hexdigest())

    answer = attach(asakusa, row, content)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Detection.objects.get(pk=row.pk).picture_key


def test_photo_of_a_register_takes_no_other_picture(asakusa: Register, eyes: InMemoryEyes) -> None:
    row = Detection.objects.get(pk=asakusa.send(jpeg()).json()["id"])

    assert attach(asakusa, row, jpeg(colour="red")).json()["code"] == "picture_differs"


def test_key_of_another_store_can_attach_nothing(asakusa: Register, bakery: Callable[..., Store]) -> None:
    umeda, row = register_of(bakery("umeda")), imported(asakusa)
    asked = asakusa.post("/uploads", {}).json()
    put(asked["url"], jpeg())

    assert attach(umeda, row, jpeg()).status_code == 404
    theirs = imported(umeda)
    named = umeda.post(f"/detections/{theirs.pk}/picture", {"s3_key": asked["s3_key"]})
    assert named.json()["code"] == "picture_not_found"
