"""A deployment's schedules kept in step in AWS, and the page that shows them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from models_registry.domain.week_schedules import NoSchedules
from models_registry.models import AwsSchedules, Connection, Deployment, Override, Run
from models_registry.selectors.aws_schedules import Asked, schedules_of
from models_registry.services.aws_schedules import StepReport, keep, keep_in_step, let_go
from models_registry.services.deployments import remove_deployment
from models_registry.wiring import open_scheduler
from portal.base import clock
from stores.models import Role, Store
from tests.models_registry.conftest import World, tokyo
from tests.models_registry.moto_scheduler import LATER, client, deployment, moto, moto_server

__all__ = ("deployment", "moto", "moto_server")
Bakery = Callable[..., Store]
SignIn = Callable[..., Client]


def step(at: datetime = LATER) -> StepReport:
    (report,) = keep_in_step(at=at, open_scheduler=open_scheduler)
    return report


def in_aws() -> set[tuple[str, str]]:
    """Every schedule of the group with its expression, as AWS tells it."""
    scheduler = client("scheduler", os.environ["AWS_ENDPOINT_URL_SCHEDULER"])
    names = [each["Name"] for each in scheduler.list_schedules(GroupName="kamado")["Schedules"]]
    told = [scheduler.get_schedule(GroupName="kamado", Name=name) for name in names]
    return {(each["Name"], each["ScheduleExpression"]) for each in told}


def prefix(deployment: Deployment) -> str:
    """How the names of its kept schedules begin: with this portal's identity."""
    row = AwsSchedules.objects.get(deployment=deployment)
    assert re.fullmatch(rf"kamado-week-{deployment.pk}-[0-9a-f]{{8}}", row.prefix)
    return row.prefix


def planned(deployment: Deployment, at: datetime = LATER) -> set[tuple[str, str]]:
    asked = Asked(prefix=prefix(deployment))
    found = schedules_of(Deployment.objects.get(pk=deployment.pk), asked, at=at)
    return {(each.name, each.expression) for each in found.exported.schedules}


def test_kept_schedules_are_put_once(moto: str, deployment: Deployment) -> None:
    keep(deployment=deployment, at=LATER)
    assert step().put == 6
    assert in_aws() == planned(deployment)
    assert step(LATER + timedelta(minutes=1)) == StepReport(prefix(deployment))


def test_override_moves_them_and_taking_it_back_moves_them_back(moto: str, deployment: Deployment) -> None:
    keep(deployment=deployment, at=LATER)
    step()
    usual = in_aws()
    late = Override.objects.create(
        deployment=deployment, kind="RUN", starts_at=LATER + timedelta(hours=1),
        ends_at=LATER + timedelta(hours=9),
    )  # fmt: skip
    step(LATER + timedelta(minutes=1))
    assert in_aws() == planned(deployment, LATER + timedelta(minutes=1)) != usual
    assert f"{prefix(deployment)}-stop-20991102-2100" in dict(in_aws())
    late.cancelled_at = LATER
    late.save(update_fields=["cancelled_at"])
    step(LATER + timedelta(minutes=2))
    assert in_aws() == usual


def test_new_version_is_put_everywhere(moto: str, world: World, deployment: Deployment) -> None:
    keep(deployment=deployment, at=LATER)
    step()
    deployment.live_version = world.version("other", "v2")
    deployment.save()
    assert step().put == 6
    scheduler = client("scheduler", moto)
    told = scheduler.get_schedule(GroupName="kamado", Name=f"{prefix(deployment)}-stop-1930")
    assert json.loads(told["Target"]["Input"])["ProjectVersionArn"] == deployment.live_version.arn


def test_schedule_edited_by_hand_is_put_right_within_an_hour(moto: str, deployment: Deployment) -> None:
    keep(deployment=deployment, at=LATER)
    step()
    scheduler = client("scheduler", moto)
    name = f"{prefix(deployment)}-stop-20991224-2230"
    told = scheduler.get_schedule(GroupName="kamado", Name=name)
    said = {key: told[key] for key in ("Name", "GroupName", "Target", "FlexibleTimeWindow", "Description")}
    said |= {"ScheduleExpressionTimezone": "Asia/Tokyo", "State": "ENABLED"}
    scheduler.update_schedule(**said, ScheduleExpression="at(2099-12-24T23:59:00)")
    assert step(LATER + timedelta(minutes=59)).put == 0
    assert step(LATER + timedelta(minutes=61)).put == 1
    assert in_aws() == planned(deployment, LATER + timedelta(minutes=61))


def test_deleted_and_stray_schedules_are_mended(moto: str, deployment: Deployment) -> None:
    keep(deployment=deployment, at=LATER)
    step()
    scheduler = open_scheduler(deployment.connection)
    held = scheduler.get(f"{prefix(deployment)}-start-0630")
    assert held is not None
    scheduler.remove(held.name)
    client("scheduler", moto).create_schedule(
        GroupName="kamado", Name=f"kamado-week-{deployment.pk}0-start-0630",
        ScheduleExpression="cron(0 1 * * ? *)", FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": held.target.arn(), "RoleArn": deployment.connection.scheduler_role_arn, "Input": "{}"},
    )  # fmt: skip
    report = step()
    assert (report.put, report.removed) == (1, 0), "another deployment's is none of ours"
    stray = f"{prefix(deployment)}-stop-0100"
    scheduler.put(held.__class__(**{**{f: getattr(held, f) for f in held.__slots__}, "name": stray}))
    assert step().removed == 1


def test_order_of_an_hour_ago_is_left_to_aws(moto: str, deployment: Deployment) -> None:
    keep(deployment=deployment, at=LATER)
    step()
    closing = datetime(2099, 12, 24, 13, 30, tzinfo=UTC)
    name = f"{prefix(deployment)}-stop-20991224-2230"
    step(closing + timedelta(minutes=1))
    assert name in dict(in_aws())
    step(closing + timedelta(hours=3))
    assert name not in dict(in_aws())


def test_switching_off_removes_all(moto: str, deployment: Deployment) -> None:
    keep(deployment=deployment, at=LATER)
    step()
    assert let_go(deployment=deployment)
    assert not let_go(deployment=deployment)
    assert step().removed == 6
    assert in_aws() == set()


def test_deleted_deployment_leaves_nothing_in_aws(moto: str, deployment: Deployment) -> None:
    keep(deployment=deployment, at=LATER)
    step()
    remove_deployment(deployment=deployment)
    assert step().removed == 6
    assert in_aws() == set()
    assert not AwsSchedules.objects.exists()


def test_dry_run_takes_them_away_and_says_why(moto: str, deployment: Deployment) -> None:
    keep(deployment=deployment, at=LATER)
    step()
    deployment.stores.update(control="DRY_RUN")
    assert step().error_code == "no_schedules"
    assert in_aws() == set()
    assert "dry run" in AwsSchedules.objects.get().error_message


def test_refusal_of_aws_is_kept_and_told(moto: str, deployment: Deployment, hq: Client) -> None:
    keep(deployment=deployment, at=LATER)
    Connection.objects.update(region="us-east-1")
    assert step().error_code
    assert "us-east-1" in hq.get(f"/deployments/{deployment.pk}/schedules/").content.decode()
    assert AwsSchedules.objects.get().error_message


def test_keeping_needs_a_role(deployment: Deployment) -> None:
    Connection.objects.update(scheduler_role_arn="")
    deployment.connection.refresh_from_db()
    with pytest.raises(NoSchedules, match="scheduler role ARN"):
        keep(deployment=deployment, at=LATER)


def test_both_ordering_the_same_is_one_run(world: World, bakery: Bakery) -> None:
    """AWS's schedule comes a moment before our tick in the morning and a moment after it in the evening."""
    asakusa = world.deployment("asakusa", bakery("asakusa"))
    world.at = tokyo(2, 6, 30)
    world.rekognition.start_version(asakusa.live_version.arn, min_units=1, max_units=None)
    world.ticks(tokyo(2, 6, 45))
    (run,) = Run.objects.all()
    assert (run.deployment, run.ended_at, world.status(asakusa)) == (asakusa, None, "RUNNING")
    world.tick(tokyo(2, 19, 30))
    with pytest.raises(Exception, match="STOPPING"):
        world.rekognition.stop_version(asakusa.live_version.arn)
    world.ticks(tokyo(2, 19, 40))
    run.refresh_from_db()
    assert (Run.objects.count(), run.outcome, run.stop_code) == (1, "STOPPED", "CLOSED_UNTIL")


@pytest.mark.parametrize("page", ["", "file/"])
def test_only_headquarters_sees_schedules(
    page: str, deployment: Deployment, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    address = f"/deployments/{deployment.pk}/schedules/{page}"
    owner = sign_in("owari", Role.OWNER, store=deployment.stores.get())
    assert Client().get(address).status_code == 302
    assert owner.get(address).status_code == 403
    assert owner.post(f"/deployments/{deployment.pk}/schedules/switch/", {"on": "1"}).status_code == 403
    assert sign_in("hanako", Role.HQ).get(address).status_code == 200
    assert not AwsSchedules.objects.exists()


def test_page_shows_every_form(deployment: Deployment, hq: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    address = f"/deployments/{deployment.pk}/schedules/"
    table = hq.get(address).content.decode()
    assert "cron(30 6 * * ? *)" in table
    assert "AWS acts within the minute" in table
    assert "AWS::Scheduler::Schedule" in hq.get(f"{address}?as=cloudformation").content.decode()
    assert "aws scheduler create-schedule" in hq.get(f"{address}?as=cli").content.decode()
    file = hq.get(f"{address}file/?as=cli&names=bread&days=30")
    assert file.headers["content-disposition"] == 'attachment; filename="bread.sh"'
    assert b"bread-start-0630" in file.content
    assert b"2099-12-24" not in file.content


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("?names=%E7%AA%AF", "AWS takes letters"),
        ("?days=0", "greater than or equal to 1"),
        ("?lead=soon", "Enter a whole number"),
        ("?as=nonsense", "cron(30 6"),
    ],
)
def test_page_refuses_beside_what_was_typed(
    deployment: Deployment, hq: Client, asked: str, said: str
) -> None:
    answer = hq.get(f"/deployments/{deployment.pk}/schedules/{asked}")
    assert answer.status_code == 200
    assert said in answer.content.decode()


def test_page_without_role_shows_the_template_and_says_what_lines_need(
    deployment: Deployment, hq: Client
) -> None:
    Connection.objects.update(scheduler_role_arn="")
    address = f"/deployments/{deployment.pk}/schedules/"
    assert "scheduler role ARN" in hq.get(f"{address}?as=cli").content.decode()
    assert hq.get(f"{address}file/?as=cli").status_code == 400
    assert "AWS::Scheduler::Schedule" in hq.get(f"{address}?as=cloudformation").content.decode()


def test_switch_is_pressed_and_told(deployment: Deployment, hq: Client) -> None:
    address = f"/deployments/{deployment.pk}/schedules/"
    page = hq.post(f"{address}switch/", {"on": "1"}, follow=True).content.decode()
    assert "Kept in step in AWS" in page
    assert AwsSchedules.objects.get().is_on
    hq.post(f"{address}switch/", {"on": "0"})
    assert not AwsSchedules.objects.get().is_on


def test_page_asks_no_more_for_many_stores(deployment: Deployment, hq: Client, bakery: Bakery) -> None:
    address = f"/deployments/{deployment.pk}/schedules/"
    with CaptureQueriesContext(connection) as one:
        hq.get(address)
    for name in ("ueno", "kanda", "ginza"):
        deployment.assignments.create(store=bakery(name))
    with CaptureQueriesContext(connection) as many:
        hq.get(address)
    assert len(many) == len(one) <= 22
