"""The demonstration: built through the services, its past adds up, and its pop-up opens again when asked."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.test import Client

from detections.models import Detection
from models_registry.domain.billing import run_usd
from models_registry.models import Deployment, ModelVersion, Run, StoreSpend
from models_registry.selectors.spend import inference_rates, run_facts
from portal.base import clock
from portal.home.demo import build, cast, lessons, new_bread
from rekognition_local.server import serve
from rekognition_local.settings import Quotas, Settings
from stores.models import Area, SpecialDay, Store


@pytest.fixture
def local(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Rekognition Local to build on, few trays, and a past of three days instead of a month.

    The value is the folder that stands for S3.
    """
    monkeypatch.setattr(build, "PAST", timedelta(days=3))
    monkeypatch.setattr(lessons, "LEARNT", 10)
    monkeypatch.setattr(lessons, "TESTED", 4)
    monkeypatch.setattr(new_bread, "TRAYS", 2)
    settings.BUCKETS_DIR = tmp_path / "s3"
    setup = Settings(
        data_dir=tmp_path / "data",
        port=0,
        control=True,
        quotas=Quotas().without_tps(),
        buckets=settings.BUCKETS_DIR,
    )
    with serve(setup) as server:
        settings.AWS_ENDPOINT_URL_REKOGNITION = server.url
        yield settings.BUCKETS_DIR


def say_demo() -> str:
    output = io.StringIO()
    call_command("demo", stdout=output)
    return output.getvalue()


@pytest.mark.django_db
def test_demo_has_a_past_that_adds_up_and_opens_its_pop_up_again(local: Path) -> None:
    said = say_demo()
    assert f"Sign in as “{cast.SIGN_IN}” with the password “{cast.PASSWORD}”" in said
    assert Store.objects.count() == 25
    assert Deployment.objects.count() == 6
    assert not Run.objects.filter(ended_at=None).exists()
    assert not Run.objects.exclude(outcome="STOPPED").exists()
    runs = Run.objects.select_related("version__project__connection")
    cost = sum((run_usd(run_facts(run, inference_rates(), at=clock.now())) for run in runs), Decimal(0))
    assert StoreSpend.objects.aggregate(usd=Sum("usd"))["usd"] == cost > 0
    _require_honest_figures(local)
    assert all(
        Client().login(username=name, password=cast.PASSWORD)
        for name in (cast.SIGN_IN, *(person.sign_in for person in cast.PEOPLE))
    )

    before, after = Detection.objects.filter(register="article").order_by("taken_at")
    assert (before.accepted_count, before.near_miss_count, after.accepted_count) == (1, 2, 3)
    assert before.has_picture
    assert after.has_picture

    waiting = Detection.objects.filter(register=new_bread.REGISTER)
    assert set(waiting.values_list("outcome", "store__code")) == {("WAITING", cast.NEW_BREAD_CODE)}
    assert waiting.filter(corrections__isnull=False).distinct().count() == 2

    first = SpecialDay.objects.get(store__code=cast.POP_UP_CODE)
    assert first.hours[0][1] - first.hours[0][0] == 4
    SpecialDay.objects.all().delete()
    assert "The pop-up store opens" in say_demo()
    assert SpecialDay.objects.filter(store__code=cast.POP_UP_CODE).count() == 1
    assert Store.objects.count() == 25


def _require_honest_figures(buckets: Path) -> None:
    """Every live version was judged, and the starved one has seen its missing bread on one tray only."""
    live = ModelVersion.objects.filter(deployment__isnull=False)
    assert live.count() == 6
    assert {str(each): each.status for each in live if each.f1_score is None} == {}
    assert all(version.label_metrics.exists() for version in live)
    lesson = buckets / lessons.BUCKET / lessons.STARVED
    seen = [cast.MISSING_BREAD in _labels(line) for line in lesson.read_text(encoding="utf-8").splitlines()]
    assert sum(seen) == 1 < len(seen)


def _labels(line: str) -> set[str]:
    content = json.loads(line)
    names = content["bounding-box-metadata"]["class-map"]
    return {names[str(box["class_id"])] for box in content["bounding-box"]["annotations"]}


@pytest.mark.django_db
def test_demo_keeps_out_of_a_database_with_stores_of_its_own(local: Path) -> None:
    Store.objects.create(
        code="mine", name="Mine", area=Area.objects.create(name="Home"), timezone="Asia/Tokyo"
    )
    with pytest.raises(CommandError, match="has stores of its own"):
        say_demo()
    assert Store.objects.count() == 1
