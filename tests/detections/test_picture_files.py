"""Where pictures are kept: the same promises from a folder and from S3, and S3's own failures."""

from __future__ import annotations

import http.client
import io
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from detections.domain.ports import PictureMissing, PictureStoreDenied, PictureStoreError
from detections.gateways.picture_files import DurableFileStorage, StoredPictures
from tests.detections.conftest import jpeg

BUCKET, KEY = "kamado-pictures-test", "7/2026-03-10/tray.jpg"
FOLDER = "detections.gateways.picture_files.DurableFileStorage"


@pytest.fixture(scope="module")
def amazon() -> Iterator[str]:
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(amazon: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty private bucket, and the portal's settings as `KAMADO_PICTURES_BUCKET` makes them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "portal")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    client = boto3.client("s3", endpoint_url=amazon, region_name="ap-northeast-1")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    use(settings, amazon)
    yield client
    for each in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=each["Key"])
    client.delete_bucket(Bucket=BUCKET)


def use(settings: Any, endpoint: str, **options: Any) -> None:
    said = {
        "bucket_name": BUCKET, "region_name": "ap-northeast-1", "endpoint_url": endpoint,
        "default_acl": None, "querystring_auth": True, "file_overwrite": True, "signature_version": "s3v4",
    }  # fmt: skip
    one = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": said | options}
    settings.STORAGES = settings.STORAGES | {"pictures": one}


@pytest.fixture(params=["folder", "s3"])
def pictures(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> StoredPictures:
    if request.param == "s3":
        request.getfixturevalue("bucket")
    else:
        one = {"BACKEND": FOLDER, "OPTIONS": {"location": tmp_path}}
        settings.STORAGES = settings.STORAGES | {"pictures": one}
    return StoredPictures()


def test_picture_comes_back_as_it_was_kept(pictures: StoredPictures) -> None:
    pictures.save(KEY, jpeg())

    assert pictures.read(KEY) == jpeg()


def test_keeping_a_picture_again_changes_nothing(pictures: StoredPictures) -> None:
    pictures.save(KEY, b"first")
    pictures.save(KEY, b"second")

    assert pictures.read(KEY) == b"second"


def test_picture_that_is_not_there_is_missing(pictures: StoredPictures) -> None:
    with pytest.raises(PictureMissing):
        pictures.read("7/never.jpg")


def test_deleted_pictures_are_gone_and_others_stay(pictures: StoredPictures) -> None:
    for name in ("a", "b", "c"):
        pictures.save(f"7/{name}.jpg", jpeg())

    pictures.delete(["7/a.jpg", "7/b.jpg", "7/never.jpg"])

    assert pictures.read("7/c.jpg") == jpeg()
    for name in ("a", "b"):
        with pytest.raises(PictureMissing):
            pictures.read(f"7/{name}.jpg")


@pytest.mark.parametrize("key", ["../outside.jpg", "/etc/passwd", "7/../../outside.jpg"])
def test_key_that_leaves_the_place_is_not_there(pictures: StoredPictures, key: str) -> None:
    with pytest.raises(PictureMissing):
        pictures.read(key)


def test_presigned_address_opens_one_picture_and_nothing_else(bucket: Any) -> None:
    pictures = StoredPictures()
    pictures.save(KEY, jpeg())

    address = pictures.address(KEY, seconds=60)

    assert address is not None
    with urllib.request.urlopen(address) as answer:
        assert answer.read() == jpeg()
    assert "X-Amz-Expires=60" in address
    assert "X-Amz-Signature=" in address


def test_object_is_private(bucket: Any) -> None:
    StoredPictures().save(KEY, jpeg())

    grants = bucket.get_object_acl(Bucket=BUCKET, Key=KEY)["Grants"]

    assert all("URI" not in each["Grantee"] for each in grants)


def test_presigned_form_takes_a_picture_in_its_own_place(bucket: Any) -> None:
    form = StoredPictures().upload_form(KEY, seconds=60, most_bytes=1_000_000)

    assert form is not None
    answer = requests.post(form.url, data=form.fields, files={"file": io.BytesIO(jpeg())}, timeout=10)
    assert answer.status_code in (200, 204)
    assert StoredPictures().read(KEY) == jpeg()
    assert form.fields["key"] == KEY


def test_bucket_that_is_not_there_says_what_to_do(bucket: Any, settings: Any, amazon: str) -> None:
    use(settings, amazon, bucket_name="kamado-never-made")

    save, read, delete = acts()
    for act in (save, delete):
        with pytest.raises(PictureStoreDenied, match="KAMADO_PICTURES_BUCKET"):
            act()
    with pytest.raises(PictureMissing):
        read()


def test_closed_port_is_an_error_that_may_be_tried_again(bucket: Any, settings: Any) -> None:
    use(settings, "http://127.0.0.1:9", client_config=quick())

    for act in acts():
        with pytest.raises(PictureStoreError) as refusal:
            act()
        assert refusal.value.retryable


def test_role_without_rights_is_told_apart(bucket: Any, amazon: str) -> None:
    host = urlsplit(amazon)
    enforce(host.hostname, host.port, "0")
    try:
        for act in acts():
            with pytest.raises(PictureStoreDenied, match="KAMADO_PICTURES_BUCKET"):
                act()
    finally:
        enforce(host.hostname, host.port, "inf")


def acts() -> list[Callable[[], object]]:
    pictures = StoredPictures()
    return [
        lambda: pictures.save(KEY, jpeg()),
        lambda: pictures.read(KEY),
        lambda: pictures.delete([KEY]),
    ]


def quick() -> Any:
    from botocore.config import Config

    return Config(connect_timeout=1, retries={"total_max_attempts": 1}, signature_version="s3v4")


def enforce(host: str | None, port: int | None, after: str) -> None:
    """Have moto check rights after so many calls (its own switch)."""
    connection = http.client.HTTPConnection(host or "", port)
    connection.request("POST", "/moto-api/reset-auth", after)
    assert connection.getresponse().status == 200


def test_torn_write_leaves_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = DurableFileStorage(location=tmp_path)
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError("disk full")))

    with pytest.raises(OSError, match="disk full"):
        storage.save_whole(KEY, io.BytesIO(jpeg()))

    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []
