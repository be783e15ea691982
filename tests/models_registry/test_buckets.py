"""Objects read from a folder and from S3 (moto's server), with the same answers to the same mishaps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import boto3
import pytest
from moto.server import ThreadedMotoServer

from models_registry.domain.objects import (
    ObjectDenied,
    ObjectMissing,
    ObjectStore,
    ObjectTooLarge,
    Place,
    StoreUnanswered,
    place_of,
)
from models_registry.gateways.aws import Account
from models_registry.gateways.buckets import FolderBuckets, S3Buckets
from models_registry.gateways.in_memory_buckets import InMemoryBuckets

KEY = "output/bread/v1/EvaluationResultSummary-bread-v1.json"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
ACCOUNT = Account("ap-northeast-1", read_attempts=1)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with mock.patch.dict(os.environ, CREDENTIALS):
        endpoint = f"http://{host}:{port}"
        client = boto3.client("s3", endpoint_url=endpoint, region_name="ap-northeast-1")
        client.create_bucket(
            Bucket="breads", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"}
        )
        client.put_object(Bucket="breads", Key=KEY, Body=b"{}")
        yield endpoint
    server.stop()


def in_memory(request: pytest.FixtureRequest) -> ObjectStore:
    return InMemoryBuckets({Place("breads", KEY): b"{}"})


def in_folder(request: pytest.FixtureRequest) -> ObjectStore:
    root = request.getfixturevalue("tmp_path") / "s3"
    path = root / "breads" / KEY
    path.parent.mkdir(parents=True)
    path.write_bytes(b"{}")
    return FolderBuckets(root)


def in_s3(request: pytest.FixtureRequest) -> ObjectStore:
    return S3Buckets(ACCOUNT, endpoint_url=request.getfixturevalue("moto"))


@pytest.fixture(params=[in_memory, in_folder, in_s3], ids=["in memory", "folder", "S3"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    made: ObjectStore = request.param(request)
    return made


def test_object_is_read_whole(store: ObjectStore) -> None:
    assert store.read("breads", KEY, max_bytes=2) == b"{}"


def test_missing_object_and_missing_bucket_are_said(store: ObjectStore) -> None:
    with pytest.raises(ObjectMissing, match="breads/none"):
        store.read("breads", "none", max_bytes=10)
    with pytest.raises(ObjectMissing, match="no-such-bucket"):
        store.read("no-such-bucket", KEY, max_bytes=10)


def test_object_that_is_too_large_is_not_read(store: ObjectStore) -> None:
    with pytest.raises(ObjectTooLarge):
        store.read("breads", KEY, max_bytes=1)


@pytest.mark.parametrize(
    ("bucket", "key"),
    [
        ("breads", "../secret"), ("breads", "output/../../secret"), ("breads", "link/secret"),
        ("..", "secret"), (".", "secret"), ("", "secret"), ("/", "etc/passwd"), ("breads/output", "x"),
        ("breads", "/etc/passwd"), ("breads", "output//x"), ("breads", "output/"), ("breads", "output"),
        ("breads", ""), ("breads", "a\0b"), ("breads", f"{KEY}/x"),
    ],
)  # fmt: skip
def test_nothing_outside_a_bucket_is_read(tmp_path: Path, bucket: str, key: str) -> None:
    root = tmp_path / "s3"
    (root / "breads" / "output" / "bread" / "v1").mkdir(parents=True)
    (root / "breads" / KEY).write_bytes(b"{}")
    (tmp_path / "secret").write_bytes(b"hidden")
    (root / "secret").write_bytes(b"hidden")
    (root / "breads" / "link").symlink_to(tmp_path)
    with pytest.raises(ObjectMissing):
        FolderBuckets(root).read(bucket, key, max_bytes=100)


def test_file_that_cannot_be_opened_is_denied(tmp_path: Path) -> None:
    (tmp_path / "breads").mkdir()
    with pytest.raises(ObjectDenied, match="File name too long"):
        FolderBuckets(tmp_path).read("breads", "x" * 300, max_bytes=1)


def test_s3_that_denies_says_so(moto: str) -> None:
    """A bucket policy that refuses everybody is how moto refuses a reader."""
    client = boto3.client("s3", endpoint_url=moto, region_name="ap-northeast-1")
    client.create_bucket(Bucket="shut", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    client.put_object(Bucket="shut", Key="x", Body=b"{}")
    client.put_bucket_policy(
        Bucket="shut",
        Policy='{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", '
        '"Action": "s3:GetObject", "Resource": "arn:aws:s3:::shut/*"}]}',
    )
    with pytest.raises(ObjectDenied, match="s3://shut/x"):
        S3Buckets(ACCOUNT, endpoint_url=moto).read("shut", "x", max_bytes=10)


def test_s3_that_is_not_there_is_unanswered() -> None:
    with mock.patch.dict(os.environ, CREDENTIALS), pytest.raises(StoreUnanswered) as refusal:
        S3Buckets(ACCOUNT, endpoint_url="http://127.0.0.1:1").read("breads", KEY, max_bytes=10)
    assert refusal.value.retryable


def test_place_is_written_and_read_back() -> None:
    place = Place("breads", "a/b c/メロン.json")
    assert place_of(str(place)) == place


def test_keys_are_listed_by_their_beginning(store: ObjectStore) -> None:
    assert store.keys("breads", "output/", most=10) == [KEY]
    assert store.keys("breads", "output/", most=0) == []
    assert store.keys("breads", "input/", most=10) == []
    with pytest.raises(ObjectMissing, match="no-such-bucket"):
        store.keys("no-such-bucket", "", most=10)
