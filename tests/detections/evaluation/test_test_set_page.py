"""Scores on the test set of a training, which lies in a bucket: figures, pictures, cases, who sees them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from PIL import Image

from detections.models import Product
from models_registry.models import LabelMetrics, ModelVersion
from models_registry.services.evaluations import read_evaluations
from models_registry.wiring import open_buckets
from stores.models import Role
from tests.detections.conftest import ANPAN, MELON, YAKISOBA, Register
from tests.detections.evaluation.real import BUCKET, TESTED, real_set
from tests.models_registry.conftest import World

SignIn = Callable[..., Client]
SNAPSHOT, SUMMARY = "output/evaluation_manifest.json", "output/summary.json"


@pytest.fixture
def bucket(tmp_path: Path, settings: Any) -> Path:
    settings.BUCKETS_DIR = tmp_path
    folder = tmp_path / BUCKET
    folder.joinpath("output").mkdir(parents=True)
    real = real_set()
    for name, content in real.pictures.items():
        folder.joinpath(name).write_bytes(content)
    folder.joinpath(SNAPSHOT).write_bytes(real.snapshot)
    folder.joinpath(SUMMARY).write_bytes(real.summary)
    return folder


@pytest.fixture
def version(asakusa: Register, bucket: Path, world: World) -> ModelVersion:
    """Asakusa's live version, trained by Rekognition Local, its summary read."""
    made = ModelVersion.objects.get(deployment__name="asakusa")
    LabelMetrics.objects.all().delete()
    made.testing_snapshot_uri = f"s3://{BUCKET}/{SNAPSHOT}"
    made.summary_uri = f"s3://{BUCKET}/{SUMMARY}"
    made.save(update_fields=["testing_snapshot_uri", "summary_uri"])
    read = read_evaluations(world.connection, at=world.at, objects=open_buckets(world.connection))
    assert (read.read, read.unread) == (1, 0)
    return made


def address(version: ModelVersion, rest: str = "") -> str:
    return f"/versions/{version.pk}/reviewed/{rest}"


def test_version_that_nobody_reviewed_shows_its_test_set(version: ModelVersion, hq: Client) -> None:
    page = hq.get(address(version))
    real = real_set()
    assert page.context["scored"].source == "test"
    assert page.context["ours"].f1 == pytest.approx(real.evaluation.f1)
    assert page.context["aws"].f1_score == pytest.approx(real.evaluation.f1)
    assert page.context["agreement"].rate == 1.0
    text = page.content.decode()
    assert "Test set of the training" in text
    assert "what a lower threshold would find wrongly is not in it" in text
    assert "100.0%</strong> of AWS's flags are ours at IoU 0.5" in text
    rows = {row["label"]: row for row in page.context["rows"]}
    assert set(rows) == {MELON, ANPAN, YAKISOBA}
    for figures in real.evaluation.labels:
        assert rows[figures.label]["counts"].f1 == pytest.approx(figures.f1)
        assert rows[figures.label]["aws_f1"] == pytest.approx(figures.f1)


def test_flag_that_differs_is_listed_with_its_picture(
    version: ModelVersion, hq: Client, bucket: Path
) -> None:
    text = bucket.joinpath(SNAPSHOT).read_text(encoding="utf-8")
    turned = text.replace('"is-true-positive": true', '"is-true-positive": false', 1)
    bucket.joinpath(SNAPSHOT).write_text(
        turned.replace('"is-false-positive": false', '"is-false-positive": true', 1), encoding="utf-8"
    )
    page = hq.get(address(version))
    (each,) = page.context["disagreements"]
    assert (each["theirs"], each["ours"], each["number"]) == ("wrong", "right", 1)
    alone = hq.get(each["address"])
    assert alone.context["look"] == "one"
    assert alone.context["tiles"][0]["shot"].number == 0


def test_snapshot_is_read_from_the_bucket_once(version: ModelVersion, hq: Client, bucket: Path) -> None:
    first = hq.get(address(version)).context["micro"]
    bucket.joinpath(SNAPSHOT).unlink()
    assert hq.get(address(version)).context["micro"] == first
    cache.clear()
    page = hq.get(address(version)).content.decode()
    assert "it was moved or deleted in S3" in page
    assert f"s3://{BUCKET}/{SNAPSHOT}" in page


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<html>", "not one that the portal understands"),
        (
            '{"source-ref": "s3://b/1", "rekognition-custom-labels-evaluation-0": 1}',
            "labels of whole pictures",
        ),
    ],
)
def test_file_that_is_no_test_set_says_what_to_do(
    version: ModelVersion, hq: Client, bucket: Path, content: str, said: str
) -> None:
    bucket.joinpath(SNAPSHOT).write_text(content, encoding="utf-8")
    assert said in hq.get(address(version)).content.decode()
    assert said in hq.get(address(version, "cases/?of=test")).content.decode()


def test_version_without_test_set_says_so(version: ModelVersion, hq: Client) -> None:
    ModelVersion.objects.update(testing_snapshot_uri="")
    assert "No photo of this version was reviewed yet" in hq.get(address(version)).content.decode()
    page = hq.get(address(version, "?of=test")).content.decode()
    assert "AWS names no file with test results" in page


def test_store_owner_sees_no_picture_of_other_stores(
    version: ModelVersion, asakusa: Register, sign_in: SignIn
) -> None:
    owner = sign_in("kenji", Role.OWNER, store=asakusa.store)
    page = owner.get(address(version, "?of=test"))
    assert page.status_code == 200
    assert page.context["scored"].source == "reviewed"
    assert "Test set of the training" not in page.content.decode()
    assert owner.get(address(version, "pictures/0.jpg")).status_code == 404


def test_analyst_of_the_franchise_sees_the_test_set(version: ModelVersion, sign_in: SignIn) -> None:
    analyst = sign_in("aki", Role.ANALYST)
    assert analyst.get(address(version)).context["scored"].source == "test"
    assert analyst.get(address(version, "pictures/0.jpg")).status_code == 200
    assert "Headquarters publishes thresholds" in analyst.get(address(version)).content.decode()


def test_picture_of_the_test_set_is_made_smaller(version: ModelVersion, hq: Client, bucket: Path) -> None:
    huge = Image.new("RGB", (3000, 2000), "brown")
    huge.save(bucket / f"{TESTED[0]}.jpg", "JPEG")
    answer = hq.get(address(version, "pictures/0.jpg"))
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Cache-Control"].startswith("private")
    assert Image.open(io.BytesIO(answer.content)).size == (1280, 853)
    small = hq.get(address(version, "pictures/0.jpg?size=thumb"))
    assert max(Image.open(io.BytesIO(small.content)).size) == 320


def test_picture_that_is_gone_or_no_picture_is_404(version: ModelVersion, hq: Client, bucket: Path) -> None:
    bucket.joinpath(f"{TESTED[0]}.jpg").unlink()
    bucket.joinpath(f"{TESTED[1]}.jpg").write_text("no picture")
    for number in (0, 1, len(TESTED), 10**15):
        assert hq.get(address(version, f"pictures/{number}.jpg")).status_code == 404


def test_cell_of_the_matrix_leads_to_its_cut_outs(version: ModelVersion, hq: Client) -> None:
    page = hq.get(address(version))
    squares = [each for row in page.context["matrix"]["rows"] for each in row["squares"] if each["address"]]
    assert len(squares) >= 4
    for each in squares:
        there = hq.get(each["address"])
        assert there.context["look"] == "crops"
        assert there.context["total"] == each["square"].count
        assert len(there.context["tiles"]) == min(48, each["square"].count)
        last = there.context["tiles"][-1]
        alone = hq.get(address(version, f"cases/?{last['alone']}"))
        assert alone.context["tiles"][0]["shot"] == last["shot"]
        assert alone.context["number"] == alone.context["pages"]


def test_outcomes_are_filtered_and_add_up(version: ModelVersion, hq: Client) -> None:
    counts = {
        outcome: hq.get(address(version, f"cases/?of=test&outcome={outcome}")).context["cases"]
        for outcome in ("TP", "FP", "FN")
    }
    judged = hq.get(address(version)).context["rows"]
    for outcome, name in (("TP", "tp"), ("FP", "fp"), ("FN", "fn")):
        assert counts[outcome] == sum(getattr(row["counts"], name) for row in judged)
    only = hq.get(address(version, f"cases/?of=test&outcome=FN&label={ANPAN}"))
    assert {said["true"] for tile in only.context["tiles"] for said in tile["said"]} == {ANPAN}


def test_trays_are_paged_one_by_one(version: ModelVersion, hq: Client) -> None:
    page = hq.get(address(version, "cases/?of=test&as=one&page=2"))
    text = page.content.decode()
    assert (page.context["number"], page.context["pages"]) == (2, len(TESTED))
    assert 'data-key="ArrowLeft"' in text
    assert 'data-key="ArrowRight"' in text
    last = hq.get(address(version, "cases/?of=test&as=one&page=999999"))
    assert last.context["next"] == ""
    assert hq.get(address(version, "cases/?page=x&as=y&outcome=z&cause=q&picture=-1")).status_code == 200


def test_mistakes_are_told_in_yen(version: ModelVersion, hq: Client) -> None:
    for label, price in ((MELON, 240), (ANPAN, 180)):
        Product.objects.create(label=label, name_ja=label, name_en=label, price=Decimal(price))
    money = hq.get(address(version)).context["money"]
    missed = {line["true"]: line for line in money["lines"] if not line["is_over"]}
    fn = next(row["counts"].fn for row in hq.get(address(version)).context["rows"] if row["label"] == ANPAN)
    assert missed[ANPAN]["count"] == fn > 0
    assert missed[ANPAN]["gap"] == "¥180"
    exact = Decimal(180) * fn * 1000 / len(TESTED)
    assert missed[ANPAN]["amount"] == f"¥{exact:,.0f}"
    assert money["found"].unpriced == (YAKISOBA,)


def test_simulator_begins_where_the_file_begins(version: ModelVersion, hq: Client) -> None:
    config = hq.get(address(version)).context["config"]
    for each in config["labels"]:
        assert each["least"] == each["threshold"] <= min(each["scores"])
    assert config["publish"].endswith("/thresholds/simulated/")
    assert json.dumps(config)


def test_pages_ask_as_often_for_any_test_set(
    version: ModelVersion, hq: Client, django_assert_max_num_queries: Any
) -> None:
    hq.get(address(version))
    with django_assert_max_num_queries(18):
        hq.get(address(version))
    with django_assert_max_num_queries(14):
        hq.get(address(version, "cases/?of=test"))
