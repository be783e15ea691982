"""Pictures handed in by the hundred: each is analysed once, whatever happens in between."""

from __future__ import annotations

import csv
import io
import json
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from detections import wiring
from detections.domain.batches import InvalidBatch
from detections.domain.pictures import MAX_UPLOAD_BYTES, PictureRefused
from detections.domain.ports import NotReady, PictureMissing
from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.gateways.zip_files import count_entries, pictures_in
from detections.models import Batch, Detection
from detections.services import batches as service
from detections.services.detect import Tools
from detections.services.waiting import analyse_waiting, sweep_unfinished
from detections.views import batches as views
from detections.wiring import PICTURES, entries_of
from models_registry.domain.objects import Place, StoreUnanswered
from models_registry.gateways.in_memory_buckets import InMemoryBuckets
from models_registry.models import Deployment, Override
from tests.detections.conftest import Register, jpeg
from tests.models_registry.conftest import World


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def trays(count: int) -> dict[str, bytes]:
    return {f"march/tray {n}.jpg": jpeg(320 + n, 240) for n in range(count)}


def handed_in(register: Register, world: World, files: dict[str, bytes], **more: Any) -> Batch:
    content = zipped(files)
    key = f"batches/{uuid.uuid4().hex}.zip"
    PICTURES.save(key, content)
    order = service.BatchOrder(
        Deployment.objects.get(), register.store, "March", key,
        count_entries(io.BytesIO(content)), more.get("starts_model", False),
    )  # fmt: skip
    return service.hand_in(order=order, author=None, at=world.at)


def advance(world: World, times: int = 1000) -> None:
    left = iter(range(times))
    unpacking = service.Unpacking(PICTURES, PICTURES.open_file, entries_of)
    service.advance(at=world.at, unpacking=unpacking, is_time=lambda: next(left, None) is not None)


def analyse(world: World, eyes: InMemoryEyes) -> None:
    analyse_waiting(at=world.at, tools=Tools(lambda connection: eyes, PICTURES), is_time=lambda: True)


def outcomes(batch: Batch) -> Counter[str]:
    return Counter(Detection.objects.filter(batch=batch).values_list("outcome", flat=True))


def test_every_picture_of_a_zip_is_analysed_once(asakusa: Register, eyes: InMemoryEyes, world: World) -> None:
    batch = handed_in(asakusa, world, trays(45))

    for _ in range(3):
        advance(world)
        analyse(world, eyes)
    advance(world)

    batch.refresh_from_db()
    assert (batch.state, batch.read_upto, len(eyes.calls)) == ("DONE", 45, 45)
    assert outcomes(batch) == {"ANSWERED": 45}
    names = set(Detection.objects.values_list("file_name", flat=True))
    assert names == set(trays(45))
    with pytest.raises(PictureMissing):
        PICTURES.read(batch.source_key)


def test_unpacking_again_after_a_crash_adds_nothing(
    asakusa: Register, eyes: InMemoryEyes, world: World
) -> None:
    batch = handed_in(asakusa, world, trays(45))
    advance(world, times=1)
    Batch.objects.update(read_upto=0)  # the rows were written, the note of it was not

    advance(world)

    assert Detection.objects.filter(batch=batch).count() == 45


def test_picture_whose_worker_died_is_analysed_by_the_next(
    asakusa: Register, eyes: InMemoryEyes, world: World
) -> None:
    batch = handed_in(asakusa, world, trays(5))
    advance(world)
    Detection.objects.filter(batch=batch).update(outcome="PENDING", claimed_at=world.at)

    world.at += timedelta(minutes=3)
    sweep_unfinished(at=world.at)
    analyse(world, eyes)
    advance(world)

    assert outcomes(batch) == {"ANSWERED": 5}
    assert len(eyes.calls) == 5


def test_paused_batch_rests_and_goes_on(asakusa: Register, eyes: InMemoryEyes, world: World) -> None:
    batch = handed_in(asakusa, world, trays(5))
    advance(world)
    assert service.pause(batch=batch)

    analyse(world, eyes)
    advance(world)
    assert outcomes(batch) == {"WAITING": 5}

    assert service.resume(batch=batch)
    advance(world)
    analyse(world, eyes)
    advance(world)
    batch.refresh_from_db()
    assert (batch.state, outcomes(batch)) == ("DONE", {"ANSWERED": 5})


def test_ended_batch_keeps_what_it_has_and_asks_no_more(
    asakusa: Register, eyes: InMemoryEyes, world: World
) -> None:
    batch = handed_in(asakusa, world, trays(5), starts_model=True)
    advance(world)

    assert service.cancel(batch=batch, author=None, at=world.at + timedelta(minutes=1))
    analyse(world, eyes)

    assert outcomes(batch) == {"INTERRUPTED": 5}
    assert not service.resume(batch=batch)
    assert Override.objects.get().cancelled_at is not None


def test_model_is_held_until_the_batch_is_done_and_not_longer(
    asakusa: Register, eyes: InMemoryEyes, world: World
) -> None:
    handed_in(asakusa, world, trays(3), starts_model=True)
    held = Override.objects.get()
    assert (held.kind, held.deployment, held.cancelled_at) == ("RUN", Deployment.objects.get(), None)

    world.at = held.ends_at - timedelta(minutes=1)
    advance(world)
    assert Override.objects.get().ends_at == held.ends_at + timedelta(minutes=15)
    analyse(world, eyes)
    advance(world)

    assert Override.objects.get().cancelled_at == world.at


def test_registers_go_before_batches(asakusa: Register, eyes: InMemoryEyes, world: World) -> None:
    handed_in(asakusa, world, trays(25))
    advance(world)
    eyes.answers.append(NotReady("off"))
    waiting = asakusa.client.post(
        "/api/v1/detections?wait=1", jpeg(640, 480), content_type="image/jpeg"
    ).json()
    eyes.calls.clear()

    analyse_waiting(
        at=world.at,
        tools=Tools(lambda connection: eyes, PICTURES),
        is_time=iter([True, False]).__next__,
    )

    assert Detection.objects.get(pk=waiting["id"]).outcome == "ANSWERED"
    assert len(eyes.calls) == 10


def test_files_that_are_not_usable_are_named(asakusa: Register, world: World) -> None:
    files = {
        **trays(2),
        "notes.txt": b"melon",
        "__MACOSX/._a.jpg": b"x",
        ".DS_Store": b"x",
        "torn.jpg": jpeg()[:99],
    }

    batch = handed_in(asakusa, world, files)
    advance(world)

    batch.refresh_from_db()
    assert {name for name, _ in batch.refused} == {"notes.txt", "torn.jpg"}
    assert all(reason for _, reason in batch.refused)
    assert Detection.objects.filter(batch=batch).count() == 2


def encrypted() -> bytes:
    """A zip that says of its one file that it is locked."""
    content = bytearray(zipped({"a.jpg": jpeg()}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    return bytes(content)


def test_hostile_entries_are_refused_one_by_one() -> None:
    files = {
        "bomb.jpg": bytes(MAX_UPLOAD_BYTES + 1),
        "../../etc/passwd.jpg": jpeg(),
        "inner.zip": zipped(trays(1)),
    }
    found = list(pictures_in(io.BytesIO(zipped(files)), start=0))

    codes = {name: each.code if isinstance(each, PictureRefused) else "ok" for name, each in found}
    assert codes == {
        "bomb.jpg": "picture_too_large", "../../etc/passwd.jpg": "ok", "inner.zip": "not_a_picture",
    }  # fmt: skip
    ((_, locked),) = pictures_in(io.BytesIO(encrypted()), start=0)
    assert isinstance(locked, PictureRefused)
    assert locked.code == "picture_encrypted"


@pytest.mark.parametrize(
    "content", [b"", b"no zip", zipped({}), zipped({".hidden": b"x"}), zipped(trays(3))[:-40]]
)
def test_file_that_is_no_zip_of_pictures_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidBatch):
        count_entries(io.BytesIO(content))


def test_zip_of_too_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detections.domain.batches.MOST_ENTRIES", 3)

    with pytest.raises(InvalidBatch, match="at most 3"):
        count_entries(io.BytesIO(zipped(trays(4))))


@pytest.mark.parametrize("as_zip", [True, False])
def test_headquarters_hands_in_follows_and_downloads(
    asakusa: Register, eyes: InMemoryEyes, world: World, hq: Client, as_zip: bool
) -> None:
    files = [SimpleUploadedFile("a.zip", zipped(trays(2)))]
    if not as_zip:
        files = [SimpleUploadedFile("tray.jpg", each, "image/jpeg") for each in trays(2).values()]
    address = f"/deployments/{Deployment.objects.get().pk}/batches/new/"
    assert hq.get(address).status_code == 200

    made = hq.post(address, {"pictures": files, "name": "March", "store": asakusa.store.pk})

    assert made.status_code == 302, made.content.decode()[-3000:]
    assert "March" in hq.get("/batches/").content.decode()
    advance(world)
    analyse(world, eyes)
    advance(world)
    assert "of 2 files" in hq.get(made["Location"]).content.decode()
    rows = list(
        csv.DictReader(io.StringIO(text_of(hq.get(made["Location"] + "results.csv")).lstrip("\ufeff")))
    )
    assert len(rows) == 2 * 3
    lines = [json.loads(line) for line in text_of(hq.get(made["Location"] + "results.jsonl")).splitlines()]
    assert {line["outcome"] for line in lines} == {"ANSWERED"}


def text_of(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


def test_refused_zip_is_said_in_the_form(asakusa: Register, hq: Client) -> None:
    address = f"/deployments/{Deployment.objects.get().pk}/batches/new/"
    said = {"name": "March", "store": asakusa.store.pk}

    empty = hq.post(address, {**said, "pictures": [SimpleUploadedFile("a.zip", zipped({".x": b"x"}))]})

    assert "There is no file in the zip" in empty.content.decode()
    assert hq.post(address, said).status_code == 200
    assert not Batch.objects.exists()


def test_buttons_pause_go_on_and_end(
    asakusa: Register, world: World, hq: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    batch = handed_in(asakusa, world, trays(3))
    for act, state in (("pause", "PAUSED"), ("resume", "READING"), ("cancel", "CANCELLED")):
        assert hq.post(f"/batches/{batch.pk}/{act}/").status_code == 302
        assert Batch.objects.get().state == state
    assert hq.post(f"/batches/{batch.pk}/nonsense/").status_code == 404
    with django_assert_max_num_queries(12):
        hq.get(f"/batches/{batch.pk}/", headers={"HX-Request": "true"})


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> InMemoryBuckets:
    """Put a bucket in memory where batches open theirs: a port, not our own code."""
    found = InMemoryBuckets({Place("trays", name): content for name, content in trays(3).items()})
    found.objects |= {Place("trays", "march/"): b"", Place("trays", "april/a.jpg"): jpeg()}
    for module in (views, wiring):
        monkeypatch.setattr(module, "open_buckets", lambda connection: found)
    return found


def hand_in_address(hq: Client, register: Register, address: str) -> Any:
    where = f"/deployments/{Deployment.objects.get().pk}/batches/new/"
    return hq.post(where, {"s3_prefix": address, "name": "March", "store": register.store.pk})


def test_pictures_of_a_bucket_are_analysed_where_they_lie(
    asakusa: Register, eyes: InMemoryEyes, world: World, hq: Client, bucket: InMemoryBuckets
) -> None:
    made = hand_in_address(hq, asakusa, "s3://trays/march/")
    assert made.status_code == 302, made.content.decode()[-3000:]
    bucket.objects[Place("trays", "march/later.jpg")] = jpeg()
    del bucket.objects[Place("trays", "march/tray 1.jpg")]
    bucket.fail_next = [StoreUnanswered("S3 is away")]

    advance(world)
    assert Batch.objects.get().state == "READING", "it goes on when S3 answers again"
    for _ in range(2):
        advance(world)
        analyse(world, eyes)
    advance(world)

    batch = Batch.objects.get()
    assert (batch.state, batch.entries, outcomes(batch)) == ("DONE", 3, {"ANSWERED": 2})
    assert [name for name, _ in batch.refused] == ["march/tray 1.jpg"]


def test_address_of_nothing_is_refused_in_the_form(
    asakusa: Register, hq: Client, bucket: InMemoryBuckets, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {
        "s3://trays/may/": "There is no object whose address begins so.",
        "s3://other/": "There is no bucket other.",
        "trays/march": "Write it as s3://bucket/beginning.",
        "": "one of the two",
    }
    for address, sentence in said.items():
        assert sentence in hand_in_address(hq, asakusa, address).content.decode()
    monkeypatch.setattr("detections.domain.batches.MOST_ENTRIES", 2)
    assert "more than 2 objects" in hand_in_address(hq, asakusa, "s3://trays/march/").content.decode()
    assert not Batch.objects.exists()
