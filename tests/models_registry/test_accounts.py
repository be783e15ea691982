"""Several accounts and regions: roles assumed once and renewed in time, quotas and prices of each its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from detections.gateways.rekognition import AwsEyes
from models_registry import wiring
from models_registry.domain import iam
from models_registry.domain.metering import MeteringDenied, VersionName
from models_registry.domain.objects import ObjectDenied
from models_registry.domain.ports import AccessDenied
from models_registry.domain.schedules import GroupMissing, Schedule, ScheduleQuota, SchedulerDenied, Target
from models_registry.gateways.in_memory import InMemoryRekognition
from models_registry.gateways.sessions import Assumed, RoleNotAssumed, assume
from models_registry.models import (
    Assignment,
    Connection,
    Deployment,
    ModelVersion,
    PriceRate,
    Project,
    Run,
    StoreSpend,
)  # fmt: skip
from models_registry.services.spend import rebuild_spend
from models_registry.services.tick import run_tick
from stores.models import Store
from tests.models_registry.conftest import World, tokyo
from tests.models_registry.gate import OTHER_ACCOUNT, PORTAL, Gate
from tests.models_registry.test_check_aws import OTHER_ROLE

SECRET = "long-and-random"
ASSUMED = Assumed("ap-northeast-1", OTHER_ROLE, SECRET)
ALL = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
PARIS = f"arn:aws:rekognition:eu-west-1:{OTHER_ACCOUNT}:project"
PHOTO = b"\xff\xd8\xff\xd9"


@pytest.fixture
def two_accounts(gate: Gate) -> Gate:
    """The portal's account, and another whose role trusts it with an external ID."""
    gate.policies, gate.role_policies = [ALL], [ALL]
    gate.trusts = {OTHER_ROLE: iam.account_trust([PORTAL], SECRET)}
    return gate


@pytest.fixture
def paris(two_accounts: Gate, db: None) -> Connection:
    return Connection(
        name="Paris", region="ap-northeast-1", role_arn=OTHER_ROLE, external_id=SECRET,
        scheduler_role_arn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/scheduler",
    )  # fmt: skip


def test_all_clients_of_a_connection_share_one_assumed_role(paris: Connection, two_accounts: Gate) -> None:
    wiring.connect(paris).describe_projects()
    scheduler = wiring.open_scheduler(paris)
    assert scheduler.names() == []
    with pytest.raises(Exception, match="NoSuchBucket"):
        wiring.open_buckets(paris).keys("results", "", most=1)
    start = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp())
    metering = wiring.open_metering(paris)
    metering.units_in_service([VersionName("breads", "v1")], (start, start + 60))
    metering.costs(datetime(2026, 11, 1, tzinfo=UTC).date(), datetime(2026, 11, 2, tzinfo=UTC).date())
    assert two_accounts.asked["sts:AssumeRole"] == 1
    used = {key for service, keys in two_accounts.keys.items() if service != "sts" for key in keys}
    assert len(used) == 1
    assert used.pop().startswith("ASIA")


def test_credentials_are_renewed_before_they_end(two_accounts: Gate) -> None:
    now = [datetime.now(UTC)]
    held = assume(ASSUMED, now=lambda: now[0])
    first = held.get_frozen_credentials().access_key
    now[0] += timedelta(minutes=40)
    assert held.get_frozen_credentials().access_key == first
    now[0] += timedelta(minutes=6)  # 14 minutes before their end
    assert held.get_frozen_credentials().access_key != first
    assert two_accounts.asked["sts:AssumeRole"] == 2


def test_failed_renewal_stops_nothing_until_ten_minutes_before_the_end(two_accounts: Gate) -> None:
    now = [datetime.now(UTC)]
    held = assume(ASSUMED, now=lambda: now[0])
    first = held.get_frozen_credentials().access_key
    two_accounts.trusts.clear()
    now[0] += timedelta(minutes=46)
    assert held.get_frozen_credentials().access_key == first
    now[0] += timedelta(minutes=5)
    with pytest.raises(RoleNotAssumed, match="may not be assumed with this connection's external ID"):
        held.get_frozen_credentials()
    two_accounts.trusts = {OTHER_ROLE: iam.account_trust([PORTAL], SECRET)}
    assert held.get_frozen_credentials().access_key != first


def test_role_that_is_not_assumed_is_said_by_every_service_in_its_own_error(
    paris: Connection, two_accounts: Gate
) -> None:
    paris.external_id = "guessed"
    start = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp())
    told = "print both with manage.py iam_policy"
    with pytest.raises(AccessDenied, match=told) as denied:
        wiring.connect(paris).describe_projects()
    assert denied.value.aws_code == "AccessDenied"
    with pytest.raises(AccessDenied, match=told):
        AwsEyes(wiring.account_of(paris)).detect(f"{PARIS}/b/version/v1/1", PHOTO, min_confidence=0)
    with pytest.raises(SchedulerDenied, match=told):
        wiring.open_scheduler(paris).names()
    with pytest.raises(ObjectDenied, match=told):
        wiring.open_buckets(paris).read("results", "1.json", max_bytes=1)
    with pytest.raises(MeteringDenied, match=told):
        wiring.open_metering(paris).units_in_service([VersionName("b", "v1")], (start, start + 60))


def test_portal_without_credentials_of_its_own_says_so(
    paris: Connection, two_accounts: Gate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(AccessDenied, match="The portal has no credentials of its own with which to assume"):
        wiring.connect(paris).describe_projects()


@pytest.mark.parametrize(
    ("endpoint", "sts", "is_assumed"),
    [
        ("", "", True),
        ("http://127.0.0.1:9900", "", False),
        ("http://127.0.0.1:9900", "http://127.0.0.1:5000", True),
        ("https://vpce-1.rekognition.ap-northeast-1.vpce.amazonaws.com", "", True),
        ("https://amazonaws.com.example", "", False),
    ],
)
def test_role_is_assumed_unless_rekognition_is_local_and_no_sts_is_named(
    settings: Any, endpoint: str, sts: str, is_assumed: bool
) -> None:
    settings.AWS_ENDPOINT_URL_REKOGNITION, settings.AWS_ENDPOINT_URL_STS = endpoint, sts
    account = wiring.account_of(Connection(region="eu-west-1", role_arn=OTHER_ROLE))
    assert bool(account.role_arn) is is_assumed


STOP = Schedule("stop-1", "at(2076-01-01T00:00:00)", "UTC", Target.STOP, f"{PARIS}/b/version/v1/1")


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        ("ServiceQuotaExceededException", ScheduleQuota, "no room for another schedule in ap-northeast-1"),
        ("ResourceNotFoundException", GroupMissing, "create-schedule-group --name kamado --region ap-north"),
        ("AccessDeniedException", SchedulerDenied, "manage.py check_aws"),
    ],
)
def test_what_the_scheduler_refuses_says_what_to_do(
    paris: Connection, two_accounts: Gate, answer: str, error: type[Exception], told: str
) -> None:
    two_accounts.refused["scheduler:CreateSchedule"] = answer
    with pytest.raises(error, match=told):
        wiring.open_scheduler(paris).put(STOP)


# --- The real tick -------------------------------------------------------------------------------


def test_two_accounts_in_two_regions_keep_their_own_quotas_and_prices(
    world: World, bakery: Callable[..., Store]
) -> None:
    PriceRate.objects.create(
        kind="INFERENCE", region="eu-west-1", usd_per_hour=Decimal("5.50"), valid_from=tokyo(1, 0)
    )
    world.connection.max_running_models = 2
    world.connection.save(update_fields=["max_running_models"])
    ireland = Connection.objects.create(
        name="Ireland", region="eu-west-1", role_arn=OTHER_ROLE, external_id=SECRET, max_running_models=1
    )
    far = InMemoryRekognition(lambda: world.at, start_seconds=540, stop_seconds=60)
    stores = [bakery(code) for code in ("ueno", "asakusa", "dublin", "cork")]
    for name, store in zip(("ueno", "asakusa"), stores[:2], strict=True):
        world.deployment(name, store, uses_learned_lead=False)
    for name, store in zip(("dublin", "cork"), stores[2:], strict=True):
        arn = f"{PARIS}/{name}/version/v1/1700000000000"
        far.add(arn)
        project = Project.objects.create(arn=f"{PARIS}/{name}/1700000000000", connection=ireland, name=name)
        version = ModelVersion.objects.create(
            project=project, arn=arn, name="v1", status="TRAINING_COMPLETED"
        )
        made = Deployment.objects.create(
            name=name, connection=ireland, live_version=version, uses_learned_lead=False
        )
        Assignment.objects.create(deployment=made, store=store)
    clouds = {world.connection.pk: world.rekognition, ireland.pk: far}

    while world.at < tokyo(2, 20):
        world.at += timedelta(minutes=5)
        run_tick(at=world.at, connect=lambda connection: clouds[connection.pk])

    ran = Run.objects.filter(running_at__isnull=False).values_list("deployment__name", flat=True)
    assert sorted(ran) == ["asakusa", "cork", "ueno"]  # two there, one here: the other waited all day
    held = Deployment.objects.get(name="dublin").decisions.filter(code__contains="QUOTA")
    assert held.exists()
    rebuild_spend(first_on=tokyo(2, 0).date(), last_on=tokyo(3, 0).date(), at=world.at)
    rates = {
        spend.store.code: spend.usd / spend.billed_minutes * 60
        for spend in StoreSpend.objects.select_related("store")
    }
    assert {code: round(rate, 2) for code, rate in rates.items()} == {
        "ueno": Decimal("4.00"), "asakusa": Decimal("4.00"), "cork": Decimal("5.50"),
    }  # fmt: skip
