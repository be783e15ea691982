"""A register's own log, taken into ours."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from detections.domain.places import Box
from detections.models import Correction, DetectedLabel, Detection
from stores.models import Store
from tests.detections.conftest import ANPAN, ARTICLE, MELON, YAKISOBA, Register, register_of
from tests.models_registry.conftest import World

SIDES, AMAZONS = ("left", "top", "width", "height"), ("Left", "Top", "Width", "Height")
TAKEN = "2026-03-10T09:30:00+09:00"


def sides(box: Box | None, names: tuple[str, ...]) -> dict[str, float]:
    assert box is not None
    return dict(zip(names, (box.left, box.top, box.width, box.height), strict=True))


def entry(**more: Any) -> dict[str, Any]:
    """One line in our own words."""
    labels = [
        {"label": each.label, "confidence": each.confidence, "box": sides(each.box, SIDES)}
        for each in ARTICLE
    ]
    return {"taken_at": TAKEN, "labels": labels, **more}


def raw(**more: Any) -> dict[str, Any]:
    """The answer of detect-custom-labels as the CLI prints it."""
    shown = [
        {
            "Name": each.label,
            "Confidence": each.confidence,
            "Geometry": {"BoundingBox": sides(each.box, AMAZONS)},
        }
        for each in ARTICLE
    ]
    return {"CustomLabels": shown, **more}


def lines(*entries: Any) -> str:
    return "".join(each if isinstance(each, str) else json.dumps(each) + "\n" for each in entries)


def hand_in(
    register: Register, body: str | bytes, kind: str = "application/x-ndjson", query: str = ""
) -> Any:
    return register.client.post(f"/api/v1/detections:import{query}", body, content_type=kind)


def test_log_is_judged_by_the_thresholds_in_force(asakusa: Register) -> None:
    answer = hand_in(asakusa, lines(raw(taken_at=TAKEN, id="a-1", milliseconds=310)), query="?ids=1")

    assert answer.status_code == 200, answer.content
    (found,) = answer.json()["detections"]
    row = Detection.objects.get(pk=found["id"])
    assert (row.source, row.outcome, row.accepted_count, row.near_miss_count) == ("IMPORT", "ANSWERED", 1, 2)
    assert (row.rekognition_ms, row.version is not None, row.picture_key) == (310, True, "")
    assert Counter(DetectedLabel.objects.values_list("fate", flat=True)) == {"A": 1, "N": 2}
    told = asakusa.get(f"/detections/{row.pk}").json()
    assert [each["label"] for each in told["accepted"]] == [MELON]


def test_log_handed_in_twice_is_written_once(asakusa: Register) -> None:
    body = lines(entry(id="a-1"), entry(register_id="till 2"), raw(taken_at=TAKEN))

    first, again = (
        hand_in(asakusa, body, query="?ids=1").json(),
        hand_in(asakusa, body, query="?ids=1").json(),
    )

    assert (first["imported"], first["repeated"]) == (3, 0)
    assert (again["imported"], again["repeated"]) == (0, 3)
    assert again["detections"] == first["detections"]
    assert Detection.objects.count() == 3
    assert DetectedLabel.objects.count() == 9


def test_entry_that_stands_twice_in_one_log_is_written_once(asakusa: Register) -> None:
    report = hand_in(asakusa, lines(entry(id="a"), entry(id="a"), entry(id="a", width=9))).json()

    assert (report["imported"], report["repeated"], report["refused"]) == (1, 1, 1)
    assert [(each["line"], each["code"]) for each in report["refusals"]] == [(3, "id_reused")]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("{torn\n", "not_json"),
        ("[1, 2]\n", "not_an_object"),
        ({"taken_at": TAKEN}, "no_answer"),
        (entry(error="Timeout"), "no_answer"),
        ({"taken_at": TAKEN, "error": "no spaces here"}, "invalid_error"),
        (entry(taken_at=""), "invalid_taken_at"),
        (entry(taken_at="2026-03-10T09:30:00"), "invalid_taken_at"),
        (entry(taken_at="2099-01-01T00:00:00Z"), "invalid_taken_at"),
        (entry(taken_at=["x"]), "invalid_taken_at"),
        (entry(labels="melon"), "invalid_labels"),
        (entry(labels=[{}]), "invalid_labels"),
        (entry(labels=[{"label": MELON, "confidence": 101}]), "invalid_labels"),
        (entry(labels=[{"label": "a", "confidence": float("nan")}]), "invalid_labels"),
        (entry(labels=[{"label": "a\x00", "confidence": 1}]), "invalid_labels"),
        (entry(labels=[{"label": "a", "confidence": 1, "box": {"left": 0}}]), "invalid_labels"),
        (entry(labels=[{"label": "a", "confidence": 1, "box": dict.fromkeys(SIDES, "?")}]), "invalid_labels"),
        (entry(labels=[{"label": "a", "confidence": 1}] * 1001), "invalid_labels"),
        (raw(taken_at=TAKEN, CustomLabels=[{"Name": "a"}]), "invalid_labels"),
        (entry(model_version="v99"), "unknown_version"),
        (entry(sha256="abc"), "invalid_sha256"),
        (entry(width=-1), "invalid_width"),
        (entry(sold="melon"), "invalid_sold"),
        (entry(id="with space"), "invalid_id"),
        ("[" * 5000 + "\n", "not_json"),
        ('{"labels": "' + "x" * 600_000 + '"}\n', "line_too_long"),
    ],
)  # fmt: skip
def test_refused_line_is_named_and_the_others_are_taken(asakusa: Register, bad: Any, code: str) -> None:
    body = lines(entry(id="before"), bad, "\n", entry(id="after"))

    report = hand_in(asakusa, body).json()

    assert (report["imported"], report["refused"]) == (2, 1)
    assert [(each["line"], each["code"]) for each in report["refusals"]] == [(2, code)]
    assert report["refusals"][0]["detail"]


def test_errors_of_the_log_are_failures_of_ours(asakusa: Register) -> None:
    codes = ("ThrottlingException", "ResourceNotReadyException", "Timeout", "AccessDeniedException")

    hand_in(asakusa, lines(*({"taken_at": TAKEN, "error": code} for code in codes)))

    found = list(Detection.objects.order_by("id").values_list("outcome", "error_code"))
    assert Counter(found) == Counter(
        zip(("THROTTLED", "NOT_RUNNING", "AWS_DOWN", "AWS_REFUSED"), codes, strict=True)
    )


def test_answers_appended_to_a_file_by_the_cli_are_read(asakusa: Register) -> None:
    body = (
        json.dumps(raw(), indent=4)
        + "\n"
        + json.dumps([raw(ResponseMetadata={"RequestId": "r-1"})], indent=4)
    )

    report = hand_in(
        asakusa, body, "application/json", "?taken_at=2026-03-10T00:30:00Z&register_id=till%209"
    ).json()

    assert report["imported"] == 2
    assert set(Detection.objects.values_list("register", flat=True)) == {"till 9"}
    assert Detection.objects.filter(idempotency_key="import:r-1").exists()


def test_what_was_sold_becomes_a_correction(asakusa: Register) -> None:
    hand_in(asakusa, lines(entry(id="same", sold=[MELON]), entry(id="other", sold=[MELON, ANPAN, YAKISOBA])))

    found = Correction.objects.order_by("detection__idempotency_key").values_list(
        "differs", "detection__is_corrected"
    )
    assert list(found) == [(True, True), (False, False)]


def test_empty_log_is_refused(asakusa: Register) -> None:
    for body in ("\n", "\n \n"):
        assert hand_in(asakusa, body).json()["code"] == "nothing_to_import"
    assert hand_in(asakusa, "", "image/jpeg").status_code == 415


def test_same_id_in_two_stores_is_two_photos(asakusa: Register, bakery: Callable[..., Store]) -> None:
    ueno = register_of(bakery("ueno"))
    for register in (asakusa, ueno):
        assert hand_in(register, lines(entry(id="a-1"))).json()["imported"] == 1

    assert Detection.objects.count() == 2


def test_queries_grow_with_chunks_and_not_with_entries(
    asakusa: Register, world: World, django_assert_max_num_queries: Any
) -> None:
    hand_in(asakusa, lines(entry(id="warm")))
    body = lines(*(entry(id=f"n-{n}", sold=[MELON]) for n in range(900)))

    with django_assert_max_num_queries(20):
        assert hand_in(asakusa, body).json()["imported"] == 900
