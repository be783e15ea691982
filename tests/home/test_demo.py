"""The demonstration: built through the services, its past adds up, and its pop-up opens again when asked."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.test import Client

from models_registry.domain.billing import run_usd
from models_registry.models import Deployment, Run, StoreSpend
from models_registry.selectors.spend import inference_rates, run_facts
from portal.base import clock
from portal.home.demo import build, cast
from rekognition_local.server import serve
from rekognition_local.settings import Quotas, Settings
from stores.models import Area, SpecialDay, Store


@pytest.fixture
def local(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Rekognition Local to build on, and a past of three days instead of a month."""
    monkeypatch.setattr(build, "PAST", timedelta(days=3))
    with serve(Settings(data_dir=tmp_path, port=0, control=True, quotas=Quotas().without_tps())) as server:
        settings.AWS_ENDPOINT_URL_REKOGNITION = server.url
        yield


def say_demo() -> str:
    output = io.StringIO()
    call_command("demo", stdout=output)
    return output.getvalue()


@pytest.mark.django_db
def test_demo_has_a_past_that_adds_up_and_opens_its_pop_up_again(local: None) -> None:
    said = say_demo()
    assert f"Sign in as “{cast.SIGN_IN}” with the password “{cast.PASSWORD}”" in said
    assert Store.objects.count() == 25
    assert Deployment.objects.count() == 6
    assert not Run.objects.filter(ended_at=None).exists()
    assert not Run.objects.exclude(outcome="STOPPED").exists()
    runs = Run.objects.select_related("version__project__connection")
    cost = sum((run_usd(run_facts(run, inference_rates(), at=clock.now())) for run in runs), Decimal(0))
    assert StoreSpend.objects.aggregate(usd=Sum("usd"))["usd"] == cost > 0
    assert Client().login(username=cast.SIGN_IN, password=cast.PASSWORD)

    first = SpecialDay.objects.get(store__code=cast.POP_UP_CODE)
    assert first.hours[0][1] - first.hours[0][0] == 4
    SpecialDay.objects.all().delete()
    assert "The pop-up store opens" in say_demo()
    assert SpecialDay.objects.filter(store__code=cast.POP_UP_CODE).count() == 1
    assert Store.objects.count() == 25


@pytest.mark.django_db
def test_demo_keeps_out_of_a_database_with_stores_of_its_own(local: None) -> None:
    Store.objects.create(
        code="mine", name="Mine", area=Area.objects.create(name="Home"), timezone="Asia/Tokyo"
    )
    with pytest.raises(CommandError, match="has stores of its own"):
        say_demo()
    assert Store.objects.count() == 1
