"""The gateway to EventBridge Scheduler against moto's server, and the same promises kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber

from models_registry.domain.safety import is_edited, safety_schedule
from models_registry.domain.schedules import (
    GroupMissing,
    Schedule,
    ScheduleQuota,
    Scheduler,
    SchedulerDenied,
    SchedulerError,
    SchedulerUnanswered,
    Target,
)
from models_registry.gateways.aws import Account
from models_registry.gateways.in_memory_scheduler import InMemoryScheduler
from models_registry.gateways.scheduler import AwsScheduler, Group
from tests.models_registry.eventbridge import ROLE, EventBridge, due_at, moto_server

ARN = "arn:aws:rekognition:ap-northeast-1:123456789012:project/breads/version/v1/1700000000000"
PORTAL = "11111111-2222-3333-4444-555555555555"
CLOSING = datetime(2026, 11, 2, 10, 50, tzinfo=UTC)
TOKYO = "ap-northeast-1"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
def bridge(moto: str, monkeypatch: pytest.MonkeyPatch) -> EventBridge:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SCHEDULER", moto)
    made = EventBridge(moto)
    made.reset()
    made.client(TOKYO)
    return made


@pytest.fixture(params=["moto", "memory"])
def scheduler(request: pytest.FixtureRequest, bridge: EventBridge) -> Scheduler:
    if request.param == "memory":
        return InMemoryScheduler()
    return AwsScheduler(Group(Account(TOKYO), "kamado", ROLE))


@pytest.fixture
def stop() -> Schedule:
    return safety_schedule(PORTAL, ARN, CLOSING)


def test_what_was_put_is_what_is_there(scheduler: Scheduler, stop: Schedule) -> None:
    scheduler.put(stop)
    assert scheduler.get(stop.name) == stop
    assert not is_edited(stop, scheduler.get(stop.name))
    assert scheduler.names("kamado-stop-") == [stop.name]
    assert scheduler.names("other-") == []


def test_put_again_moves_the_schedule(scheduler: Scheduler, stop: Schedule) -> None:
    later = replace(stop, expression="at(2026-11-02T12:50:00)")
    scheduler.put(stop)
    scheduler.put(later)
    assert scheduler.get(stop.name) == later
    assert scheduler.names() == [stop.name]


def test_removed_schedule_is_gone_and_removing_it_twice_is_no_error(
    scheduler: Scheduler, stop: Schedule
) -> None:
    scheduler.put(stop)
    scheduler.remove(stop.name)
    scheduler.remove(stop.name)
    assert scheduler.get(stop.name) is None
    assert scheduler.names() == []


def test_start_schedule_keeps_its_units(scheduler: Scheduler) -> None:
    start = Schedule(
        "store-042-open", "cron(30 5 ? * MON-SAT *)", "Asia/Tokyo", Target.START, ARN, 2, 4, "opens",
        is_deleted_after=False,
    )  # fmt: skip
    scheduler.put(start)
    assert scheduler.get(start.name) == start


def test_schedule_of_another_role_or_queue_has_to_be_put_again(bridge: EventBridge, stop: Schedule) -> None:
    account, queue = Account(TOKYO), "arn:aws:sqs:ap-northeast-1:123456789012:dead"
    AwsScheduler(Group(account, "kamado", ROLE)).put(stop)
    for changed in (Group(account, "kamado", f"{ROLE}-2"), Group(account, "kamado", ROLE, queue)):
        now = AwsScheduler(changed)
        assert is_edited(stop, now.get(stop.name))
        now.put(stop)
        assert not is_edited(stop, now.get(stop.name))


def test_names_come_page_after_page(scheduler: Scheduler, stop: Schedule) -> None:
    for n in range(103):
        scheduler.put(replace(stop, name=f"{stop.name}-{n:03d}"))
    assert len(scheduler.names(stop.name)) == 103


def test_stored_schedule_is_what_aws_needs_to_stop_a_model(bridge: EventBridge, stop: Schedule) -> None:
    AwsScheduler(Group(Account(TOKYO), "kamado", ROLE, "arn:aws:sqs:ap-northeast-1:123456789012:dead")).put(
        stop
    )
    ((_, stored),) = bridge.schedules()
    assert due_at(stored) == CLOSING
    assert stored["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert stored["ActionAfterCompletion"] == "DELETE"
    target = stored["Target"]
    assert target["Arn"] == "arn:aws:scheduler:::aws-sdk:rekognition:stopProjectVersion"
    assert target["RoleArn"] == ROLE
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 60}
    assert target["DeadLetterConfig"] == {"Arn": "arn:aws:sqs:ap-northeast-1:123456789012:dead"}
    assert bridge.armed() == [ARN]


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AccessDeniedException", 403, SchedulerDenied),
        ("ResourceNotFoundException", 404, GroupMissing),
        ("ServiceQuotaExceededException", 402, ScheduleQuota),
        ("ThrottlingException", 429, SchedulerUnanswered),
        ("InternalServerException", 500, SchedulerUnanswered),
        ("ValidationException", 400, SchedulerError),
    ],
)
def test_refusal_of_aws_becomes_ours(
    bridge: EventBridge, stop: Schedule, code: str, status: int, kind: type[SchedulerError]
) -> None:
    scheduler = AwsScheduler(Group(Account(TOKYO), "kamado", ROLE))
    with Stubber(scheduler._client) as stubber:
        stubber.add_client_error("create_schedule", code, "no", http_status_code=status)
        with pytest.raises(kind) as refused:
            scheduler.put(stop)
    assert type(refused.value) is kind
    assert refused.value.aws_code == code


def test_silence_is_unanswered(bridge: EventBridge, stop: Schedule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SCHEDULER", "http://127.0.0.1:9")
    with pytest.raises(SchedulerUnanswered):
        AwsScheduler(Group(Account(TOKYO), "kamado", ROLE)).put(stop)


def test_moto_keeps_its_groups_apart(bridge: EventBridge, stop: Schedule) -> None:
    boto3.client("scheduler", region_name=TOKYO, endpoint_url=bridge.url).create_schedule_group(Name="other")
    AwsScheduler(Group(Account(TOKYO), "other", ROLE)).put(stop)
    assert bridge.schedules() == []
