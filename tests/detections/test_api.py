"""What a register is answered, and what is written down of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from detections.api import registers
from detections.domain.places import Box, RawLabel
from detections.domain.ports import NotReady, Seen
from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.gateways.rekognition import CONNECT_SECONDS, READ_SECONDS
from detections.models import ApiKey, Correction, DetectedLabel, Detection
from detections.services.keys import make_key, revoke_key, rotate_key
from detections.services.thresholds import SetDraft, publish_set, roll_back
from detections.wiring import PICTURES
from models_registry.domain.ports import Throttled, Unanswered
from models_registry.domain.promotion import DRAIN
from models_registry.domain.status import VersionStatus
from models_registry.models import Deployment, ModelVersion
from stores.models import Store
from tests.detections.conftest import ANPAN, ARTICLE, MELON, YAKISOBA, Register, jpeg, register_of, set_status
from tests.models_registry.conftest import World, tokyo


def deployment_of(register: Register) -> Deployment:
    return Deployment.objects.select_related("live_version").get(assignments__store=register.store)


def test_article_gets_one_bread_and_two_near_misses_in_one_call(
    asakusa: Register, eyes: InMemoryEyes
) -> None:
    answer = asakusa.send().json()

    assert [each["label"] for each in answer["accepted"]] == [MELON]
    assert {each["candidates"][0]["label"] for each in answer["near_misses"]} == {ANPAN, YAKISOBA}
    assert answer["totals"] == {MELON: 1}
    assert len(eyes.calls) == 1
    assert eyes.calls[0][2] == 0


def test_article_gets_all_three_once_75_is_published(asakusa: Register, eyes: InMemoryEyes) -> None:
    before = asakusa.send().json()
    draft = SetDraft({MELON: 75, ANPAN: 75, YAKISOBA: 75})
    publish_set(deployment=deployment_of(asakusa), draft=draft, reason="the anpan vanished", author=None)

    after = asakusa.send().json()

    assert sorted(each["label"] for each in after["accepted"]) == sorted([MELON, ANPAN, YAKISOBA])
    assert (before["model"]["threshold_set"], after["model"]["threshold_set"]) == (None, 1)
    fates = list(DetectedLabel.objects.order_by("id").values_list("detection_id", "fate", "threshold"))
    assert [fate for pk, fate, _ in fates if pk == before["id"]] == ["N", "A", "N"]
    assert [(fate, percent) for pk, fate, percent in fates if pk == after["id"]] == [("A", 75.0)] * 3
    assert asakusa.get(f"/detections/{before['id']}").json() == before


def test_rolling_back_publishes_the_older_set_again(asakusa: Register, eyes: InMemoryEyes) -> None:
    deployment = deployment_of(asakusa)
    strict = publish_set(deployment=deployment, draft=SetDraft({MELON: 99}), reason="strict", author=None)
    publish_set(deployment=deployment, draft=SetDraft({MELON: 10}), reason="lax", author=None)

    again = roll_back(to=strict, reason="back", author=None)

    assert again.number == 3
    assert asakusa.send().json()["accepted"] == []


def test_every_raw_box_and_the_picture_are_kept(asakusa: Register, eyes: InMemoryEyes) -> None:
    eyes.labels = (*ARTICLE, RawLabel(ANPAN, 0.4, Box(0.1, 0.1, 0.29, 0.3)))
    photo = jpeg(400, 300)

    row = Detection.objects.get(pk=asakusa.send(photo).json()["id"])

    assert DetectedLabel.objects.filter(detection=row).count() == 4
    assert PICTURES.read(row.picture_key) == photo
    assert row.picture_sha256 == hashlib.sha256(photo).hexdigest()
    assert (row.width, row.height, row.accepted_count, row.near_miss_count) == (400, 300, 1, 2)
    assert row.smallest_margin == pytest.approx(0.25)


def test_repeat_with_the_same_key_gets_the_same_answer_and_adds_nothing(
    asakusa: Register, eyes: InMemoryEyes
) -> None:
    first = asakusa.send(Idempotency_Key="tray-7")
    repeat = asakusa.send(Idempotency_Key="tray-7")

    assert (repeat.status_code, repeat.json()) == (200, first.json())
    assert len(eyes.calls) == Detection.objects.count() == 1


def test_key_of_another_photo_is_refused(asakusa: Register, eyes: InMemoryEyes) -> None:
    asakusa.send(Idempotency_Key="tray-7")

    other = asakusa.send(jpeg(500, 300), Idempotency_Key="tray-7")

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_failure_stays_in_the_log_and_its_key_may_be_used_again(
    asakusa: Register, eyes: InMemoryEyes
) -> None:
    eyes.answers.append(Unanswered("no answer"))

    assert asakusa.send(Idempotency_Key="tray-7").status_code == 502
    assert asakusa.send(Idempotency_Key="tray-7").status_code == 200

    assert list(Detection.objects.order_by("id").values_list("outcome", flat=True)) == [
        "AWS_DOWN",
        "ANSWERED",
    ]


def test_unfinished_attempt_is_waited_for_then_taken_over(
    asakusa: Register, eyes: InMemoryEyes, world: World
) -> None:
    asakusa.send(Idempotency_Key="tray-7")
    Detection.objects.update(outcome="PENDING", claimed_at=world.at)

    early = asakusa.send(Idempotency_Key="tray-7")
    Detection.objects.update(claimed_at=world.at - timedelta(seconds=61))
    late = asakusa.send(Idempotency_Key="tray-7")

    assert (early.status_code, early.json()["code"]) == (409, "request_in_progress")
    assert late.status_code == 200
    assert list(Detection.objects.order_by("id").values_list("outcome", flat=True)) == [
        "INTERRUPTED",
        "ANSWERED",
    ]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Throttled("slow down"), 429, "throttled"),
        (Unanswered("nobody home"), 502, "aws_down"),
        (NotReady("not ready"), 503, "model_not_running"),
    ],
)
def test_failure_of_aws_has_its_own_code_and_is_logged(
    asakusa: Register, eyes: InMemoryEyes, error: Exception, status: int, code: str
) -> None:
    eyes.answers.append(error)

    answer = asakusa.send()

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert Detection.objects.get(pk=answer.json()["detection_id"]).error_code == code


def test_store_whose_model_is_off_learns_when_it_will_be_ready(
    asakusa: Register, eyes: InMemoryEyes, world: World
) -> None:
    version = deployment_of(asakusa).live_version
    assert version is not None
    world.at = tokyo(2, 5)
    set_status(version, VersionStatus.STOPPED, world)

    answer = asakusa.send()

    body = answer.json()
    assert (answer.status_code, body["code"], body["fallback"]) == (503, "model_not_running", "MANUAL")
    assert body["may_be_started"] is True
    assert body["ready_at"] > "2026-11-01T21:"
    assert int(answer["Retry-After"]) == body["retry_after"] == 3600
    assert eyes.calls == []


def test_photo_that_may_wait_is_kept_for_later(asakusa: Register, eyes: InMemoryEyes, world: World) -> None:
    version = deployment_of(asakusa).live_version
    assert version is not None
    set_status(version, VersionStatus.STOPPED, world)

    answer = asakusa.client.post("/api/v1/detections?wait=1", jpeg(), content_type="image/jpeg")

    assert (answer.status_code, answer.json()["outcome"]) == (202, "WAITING")
    assert PICTURES.read(Detection.objects.get().picture_key) == jpeg()


def test_two_labels_on_one_place_are_for_a_person(asakusa: Register, eyes: InMemoryEyes) -> None:
    eyes.labels = (
        RawLabel(MELON, 95, Box(0.1, 0.1, 0.3, 0.3)),
        RawLabel(ANPAN, 93, Box(0.11, 0.1, 0.3, 0.3)),
    )

    answer = asakusa.send().json()

    assert answer["accepted"] == []
    assert [each["label"] for each in answer["ask"][0]["candidates"]] == [ANPAN, MELON]


def test_picture_may_come_as_a_form(asakusa: Register, eyes: InMemoryEyes) -> None:
    upload = SimpleUploadedFile("tray.jpg", jpeg(), "image/jpeg")
    fields = {"image": upload, "register_id": "till-2", "taken_at": "2026-11-02T08:59:00+09:00"}

    row = Detection.objects.get(pk=asakusa.client.post("/api/v1/detections", fields).json()["id"])

    assert (row.register, row.taken_at) == ("till-2", tokyo(2, 8, 59))


def test_stored_picture_is_named_by_its_key(asakusa: Register, eyes: InMemoryEyes) -> None:
    PICTURES.save(f"{asakusa.store.pk}/incoming/a.jpg", jpeg())

    answer = asakusa.post("/detections", {"s3_key": f"{asakusa.store.pk}/incoming/a.jpg"})
    foreign = asakusa.post("/detections", {"s3_key": f"{asakusa.store.pk + 1}/incoming/a.jpg"})
    climbing = asakusa.post("/detections", {"s3_key": f"{asakusa.store.pk}/../secret_key"})

    assert [each.status_code for each in (answer, foreign, climbing)] == [200, 404, 404]


def test_correction_is_a_second_opinion(asakusa: Register, eyes: InMemoryEyes) -> None:
    pk = asakusa.send().json()["id"]
    body = {"items": [{"label": MELON}, {"label": ANPAN}], "register_id": "till-1"}

    first, again = (asakusa.post(f"/detections/{pk}/correction", body).json() for _ in range(2))
    same = asakusa.post(f"/detections/{pk}/correction", {"items": [{"label": MELON}]}).json()

    assert first == again
    assert (first["differs"], same["differs"]) == (True, False)
    assert Correction.objects.count() == 2
    assert asakusa.get(f"/detections/{pk}").json()["totals"] == {MELON: 1}


def test_store_tells_whether_it_is_ready(asakusa: Register) -> None:
    body = asakusa.get("/store").json()

    assert (body["is_open"], body["is_ready"], body["fallback"]) == (True, True, "DETECT")
    assert {each["label"]: each["threshold"] for each in body["labels"]} == {
        ANPAN: 81.7,
        MELON: 86.2,
        YAKISOBA: 90.7,
    }


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", "/detections/{pk}", None),
        ("post", "/detections/{pk}/correction", {"items": []}),
        ("post", "/detections", {"s3_key": "{store}/incoming/a.jpg"}),
        ("post", "/detections/{pk}/picture", {"s3_key": "{store}/incoming/a.jpg"}),
    ],
)
def test_key_of_one_store_opens_nothing_of_another(
    asakusa: Register,
    eyes: InMemoryEyes,
    bakery: Callable[..., Store],
    method: str,
    path: str,
    body: Any,
) -> None:
    pk = asakusa.send().json()["id"]
    PICTURES.save(f"{asakusa.store.pk}/incoming/a.jpg", jpeg())
    umeda = register_of(bakery("umeda"))
    if body and "s3_key" in body:
        body = {"s3_key": body["s3_key"].format(store=asakusa.store.pk)}

    url = path.format(pk=pk)
    answer = umeda.get(url) if method == "get" else umeda.post(url, body)

    assert (answer.status_code, Correction.objects.count()) == (404, 0)
    assert umeda.get("/store").json()["code"] == "umeda"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "key_missing"),
        ("Basic abc", "key_missing"),
        ("Bearer nonsense", "key_unknown"),
        ("Bearer kmd_aaaaaaaaaa_" + "a" * 43, "key_unknown"),
    ],
)
def test_request_without_a_right_key_is_refused(asakusa: Register, header: str, code: str) -> None:
    answer = asakusa.client.get("/api/v1/store", headers={"authorization": header})

    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer["WWW-Authenticate"] == "Bearer"


def test_rotated_key_works_until_the_overlap_is_over(asakusa: Register, world: World) -> None:
    old = ApiKey.objects.get()
    new = rotate_key(key=old, author=None, overlap=timedelta(hours=1), at=world.at)

    during = asakusa.get("/store").status_code
    world.at += timedelta(hours=1)
    after = asakusa.get("/store")

    assert (during, after.status_code, after.json()["code"]) == (200, 401, "key_expired")
    fresh = asakusa.client.get("/api/v1/store", headers={"authorization": f"Bearer {new.text}"})
    assert fresh.status_code == 200


def test_revoked_key_is_dead_at_once(asakusa: Register, world: World) -> None:
    assert revoke_key(key=ApiKey.objects.get(), at=world.at)

    assert asakusa.get("/store").json()["code"] == "key_revoked"


def test_secret_is_not_kept(asakusa: Register) -> None:
    key = ApiKey.objects.get()

    assert asakusa.text.rpartition("_")[2] not in (key.secret_digest, key.prefix, key.name)
    assert len(key.secret_digest) == 64


def test_key_is_slowed_down_beyond_its_rate(asakusa: Register, world: World) -> None:
    made = make_key(store=asakusa.store, name="slow", author=None, per_minute=2)
    asks = [
        asakusa.client.get("/api/v1/store", headers={"authorization": f"Bearer {made.text}"})
        for _ in range(8)
    ]

    # Another process of the tests may empty the cache in between; then the count begins again.
    codes = [each.status_code for each in asks]
    assert codes[:2] == [200, 200]
    assert 429 in codes
    assert 0 < int(asks[codes.index(429)]["Retry-After"]) <= 60


def test_sentence_is_in_the_callers_language(asakusa: Register) -> None:
    answer = asakusa.client.get("/api/v1/store", headers={"authorization": "", "accept-language": "ja"})

    assert "キー" in answer.json()["detail"]


def test_photo_costs_few_queries(
    asakusa: Register, eyes: InMemoryEyes, django_assert_max_num_queries: Any
) -> None:
    asakusa.send()
    with django_assert_max_num_queries(16):
        asakusa.send(Idempotency_Key="tray-8")


def test_documentation_loads_nothing_from_elsewhere(asakusa: Register) -> None:
    shown = asakusa.client.get("/api/v1/docs").content.decode()

    assert "/static/ninja/" in shown
    assert "cdn." not in shown


def test_description_says_problem_json_for_every_failure(asakusa: Register) -> None:
    paths = asakusa.client.get("/api/v1/openapi.json").json()["paths"]

    answers = [
        (status, list(answer.get("content", ())))
        for operations in paths.values()
        for operation in operations.values()
        for status, answer in operation["responses"].items()
    ]
    assert len(answers) > 20
    assert all(kinds == ["application/problem+json"] for status, kinds in answers if status >= "400")


def test_arn_is_never_told(asakusa: Register, eyes: InMemoryEyes) -> None:
    assert "arn:aws" not in asakusa.send().content.decode()


class SwitchedMeanwhile(InMemoryEyes):
    """Eyes whose live version is switched away and stopped while a photo is on its way to it."""

    def __init__(self, deployment: Deployment, successor: ModelVersion) -> None:
        super().__init__(ARTICLE)
        self._deployment, self._successor = deployment, successor

    def detect(self, version_arn: str, picture: bytes, *, min_confidence: float) -> Seen:
        if version_arn != self._successor.arn:
            Deployment.objects.filter(pk=self._deployment.pk).update(live_version=self._successor)
            self.answers.append(NotReady("stopping"))
        return super().detect(version_arn, picture, min_confidence=min_confidence)


def test_photo_that_meets_a_stopped_version_goes_to_its_successor(
    asakusa: Register, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    successor = world.version("asakusa", "v2")
    eyes = SwitchedMeanwhile(deployment_of(asakusa), successor)
    monkeypatch.setattr(registers, "open_eyes", lambda connection: eyes)

    answer = asakusa.send()

    assert answer.status_code == 200
    assert [arn.split("/")[3] for arn, _, _ in eyes.calls] == ["v1", "v2"]
    assert Detection.objects.get().version == successor


def test_old_version_runs_on_for_longer_than_any_answer_takes() -> None:
    assert timedelta(seconds=CONNECT_SECONDS + READ_SECONDS) < DRAIN
