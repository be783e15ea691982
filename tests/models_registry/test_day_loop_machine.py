"""Anything may happen to the day loop; once it is calm, three ticks put every model where it belongs.

Hypothesis drives ticks, missed and doubled ticks, crashes between ledger and call, AWS's errors and
throttling, hands in the AWS console, edits of hours and overrides, against Rekognition Local over HTTP on
its manual clock. What is wanted is worked out here from the rules as written down, not by our planner.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.exceptions import HTTPClientError as BotoConnectionError
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from models_registry.domain.overrides import OverrideKind
from models_registry.domain.ports import Accepted, Projects, Rekognition, Versions
from models_registry.gateways.aws import Account, AwsRekognition
from models_registry.models import Assignment, Connection, Deployment, ModelVersion, Run
from models_registry.services.overrides import OverrideOrder, cancel_override, set_override
from models_registry.services.sync import sync_connection
from models_registry.services.tick import run_tick
from rekognition_local.server import serve
from rekognition_local.settings import ClockMode, Durations, Quotas, Settings, Span
from stores.models import Area, OpeningHours, Store
from tests.rekognition_local.local import Local

TOKYO_OFFSET = timedelta(hours=9)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
FAULTS = ("throttle", "internal", "access_denied", "drop_before", "drop_after", "provisioned")
OPERATIONS = ("StartProjectVersion", "StopProjectVersion", "DescribeProjectVersions")
HOURS = (None, (0, 1440), (420, 1140), (1080, 1560), (600, 660))
CALM_TICKS = 6
CALM_TICK = timedelta(seconds=60)
LATEST_STOP = timedelta(minutes=2)


class Crash(BaseException):
    """The worker dies here."""


class Mortal:
    """A Rekognition whose caller may die just before or just after the next order."""

    def __init__(self, real: Rekognition) -> None:
        self._real = real
        self.dies: str = ""

    def describe_projects(self) -> Projects:
        return self._real.describe_projects()

    def describe_versions(self, project_arn: str) -> Versions:
        return self._real.describe_versions(project_arn)

    def start_version(self, version_arn: str, *, min_units: int, max_units: int | None) -> Accepted:
        self._die("before")
        answer = self._real.start_version(version_arn, min_units=min_units, max_units=max_units)
        self._die("after")
        return answer

    def stop_version(self, version_arn: str) -> Accepted:
        self._die("before")
        answer = self._real.stop_version(version_arn)
        self._die("after")
        return answer

    def _die(self, moment: str) -> None:
        if self.dies == moment:
            self.dies = ""
            raise Crash


class DayLoop(RuleBasedStateMachine):
    """Two deployments, three bakeries in Tokyo, two slots; starts take 40 s, stops 20 s."""

    local: Local

    @initialize()
    def open_the_franchise(self) -> None:
        self.local.post("reset", {"clock": MONDAY.isoformat()})
        self.at = MONDAY
        self.deployments: dict[Deployment, tuple[str, list[Store]]] = {}
        self._undo = transaction.atomic()
        self._undo.__enter__()
        arns = {name: self.local.version(project=name) for name in ("ginza", "shared")}
        self.connection = Connection.objects.create(
            name="Main", region="ap-northeast-1", control_plane_tps=1000
        )
        real = AwsRekognition(
            Account("ap-northeast-1", endpoint_url=self.local.url, calls_per_second=1000, read_attempts=1)
        )
        self.rekognition = Mortal(real)
        sync_connection(self.connection, at=self.at, rekognition=self.rekognition)
        area = Area.objects.create(name="Tokyo")
        self.stores = [Store.objects.create(code=c, name=c, area=area, timezone="Asia/Tokyo") for c in "abc"]
        self.hours: dict[int, tuple[int, int] | None] = {store.pk: (420, 1140) for store in self.stores}
        self.overrides: list[tuple[str, int, OverrideKind, datetime, datetime, Any]] = []
        for store in self.stores:
            self._write_hours(store)
        for name, members in (("ginza", self.stores[:1]), ("shared", self.stores[1:])):
            version = ModelVersion.objects.get(arn=arns[name])
            made = Deployment.objects.create(
                name=name, connection=self.connection, live_version=version, uses_learned_lead=False
            )
            Assignment.objects.bulk_create(Assignment(deployment=made, store=store) for store in members)
            self.deployments[made] = (arns[name], members)
        self.has_faults = False
        self.unwanted_since: dict[str, datetime] = {}

    def teardown(self) -> None:
        """Whatever has happened, calm must mend it."""
        if hasattr(self, "_undo"):
            try:
                if self.deployments:
                    self.three_calm_ticks_mend_everything()
            finally:
                transaction.set_rollback(True)
                self._undo.__exit__(None, None, None)

    # --- what may happen ---------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 5, 20, 60]))
    def a_tick_comes(self, seconds: int) -> None:
        self._move(timedelta(seconds=seconds))
        self._tick()

    @rule(minutes=st.sampled_from([3, 7, 30, 90, 400]))
    def ticks_are_missed(self, minutes: int) -> None:
        self._move(timedelta(minutes=minutes))
        self.unwanted_since.clear()

    @rule()
    def a_tick_comes_twice(self) -> None:
        self._tick()
        self._tick()

    @rule(moment=st.sampled_from(["before", "after"]))
    def the_worker_dies_at_its_next_order(self, moment: str) -> None:
        self.rekognition.dies = moment
        self._tick()
        self.rekognition.dies = ""

    @rule(kind=st.sampled_from(FAULTS), operation=st.sampled_from(OPERATIONS), count=st.integers(1, 4))
    def aws_fails(self, kind: str, operation: str, count: int) -> None:
        self.local.faults({"operation": operation, "kind": kind, "count": count})
        self.has_faults = True
        self.unwanted_since.clear()

    @rule(kind=st.sampled_from(FAULTS), which=st.integers(3, 4), to=st.sampled_from(OverrideKind))
    def aws_fails_just_when_it_is_needed(self, kind: str, which: int, to: OverrideKind) -> None:
        self.somebody_overrides(which, to, 600, 0)
        self.local.faults(
            *({"operation": operation, "kind": kind, "count": 2} for operation in OPERATIONS[:2])
        )
        self.has_faults = True
        self._tick()

    @rule()
    def the_next_start_fails(self) -> None:
        self.local.faults({"operation": "StartProjectVersion", "kind": "fail_on_start", "count": 1})
        self.has_faults = True

    @rule(which=st.integers(0, 1), starts=st.booleans())
    def somebody_uses_the_console(self, which: int, starts: bool) -> None:
        arn = list(self.deployments.values())[which][0]
        with suppress(ClientError, BotoConnectionError):
            (self.local.start if starts else self.local.stop)(arn)
        self.unwanted_since.clear()

    @rule(
        which=st.integers(0, 2),
        hours=st.sampled_from([None, (0, 1440), (420, 1140), (1080, 1560), (600, 660)]),
    )
    def hours_are_edited(self, which: int, hours: tuple[int, int] | None) -> None:
        store = self.stores[which]
        self.hours[store.pk] = hours
        self._write_hours(store)
        self.unwanted_since.clear()

    @rule(
        which=st.integers(0, 2),
        opens=st.sampled_from([-90, -33, 27, 32, 35]),
        lasts=st.sampled_from([1, 5, 60]),
    )
    def hours_are_set_around_now(self, which: int, opens: int, lasts: int) -> None:
        """A window that begins or ends within minutes: edges are where mistakes live."""
        wall = self.at + TOKYO_OFFSET
        minute = (wall.hour * 60 + wall.minute + opens) % 1440
        self.hours_are_edited(which, (minute, minute + lasts))

    @rule(
        which=st.integers(0, 4),
        kind=st.sampled_from(OverrideKind),
        lasts=st.sampled_from([2, 5, 60, 600]),
        later=st.sampled_from([0, 0, 2, 30]),
    )
    def somebody_overrides(self, which: int, kind: OverrideKind, lasts: int, later: int) -> None:
        start = self.at + timedelta(minutes=later)
        end = start + timedelta(minutes=lasts)
        store = self.stores[which] if which < 3 else None
        deployment = list(self.deployments)[which - 3] if which >= 3 else None
        row = set_override(
            order=OverrideOrder(kind, start, end, store=store, deployment=deployment), author=None, at=self.at
        )
        scope = ("store", store.pk) if store else ("deployment", deployment.pk if deployment else 0)
        self.overrides.append((*scope, kind, start, end, row))
        self.unwanted_since.clear()

    @precondition(lambda self: getattr(self, "overrides", None))
    @rule(data=st.data())
    def an_override_is_taken_back(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(range(len(self.overrides))))
        scope, pk, kind, start, end, row = self.overrides.pop(chosen)
        if cancel_override(override=row, author=None, at=self.at) and start < self.at:
            self.overrides.insert(chosen, (scope, pk, kind, start, self.at, row))
        elif end <= self.at:
            self.overrides.insert(chosen, (scope, pk, kind, start, end, row))
        self.unwanted_since.clear()

    # --- what must hold ----------------------------------------------------------------------------

    @rule()
    def three_calm_ticks_mend_everything(self) -> None:
        """Whenever three calm ticks in a row wanted the same, that is what AWS and the mirror show."""
        self.local.faults()
        self.has_faults = False
        wishes: list[dict[Deployment, bool]] = []
        for _ in range(CALM_TICKS):
            self._move(CALM_TICK)
            self._tick()
            wishes.append(self._wishes())
            for deployment, (arn, _) in self.deployments.items():
                said = [wish[deployment] for wish in wishes[-3:]]
                if len(said) == 3 and len(set(said)) == 1:
                    self._is_as_wanted(deployment, arn, said[0])

    def _is_as_wanted(self, deployment: Deployment, arn: str, wanted: bool) -> None:
        status = self.local.status(arn)
        assert (status == "RUNNING") == wanted, f"{deployment} is {status}"
        mirrored = ModelVersion.objects.get(arn=arn).status
        assert (mirrored == "RUNNING") == wanted, f"{deployment} is {status}, mirrored as {mirrored}"

    @invariant()
    def no_version_has_two_open_runs(self) -> None:
        if hasattr(self, "deployments"):
            open_runs = list(Run.objects.filter(ended_at=None).values_list("version_id", flat=True))
            assert len(open_runs) == len(set(open_runs))

    def _no_model_runs_past_its_plan(self) -> None:
        for deployment, wanted in self._wishes().items():
            arn = self.deployments[deployment][0]
            if wanted or self.has_faults or self.local.status(arn) != "RUNNING":
                self.unwanted_since.pop(arn, None)
                continue
            since = self.unwanted_since.setdefault(arn, self.at)
            assert self.at - since <= LATEST_STOP, f"{deployment} has run unwanted since {since}"

    # --- the rules, written once more --------------------------------------------------------------

    def _wishes(self) -> dict[Deployment, bool]:
        return {made: self._wish(made, members) for made, (_, members) in self.deployments.items()}

    def _wish(self, deployment: Deployment, members: list[Store]) -> bool:
        said = self._last_word("deployment", deployment.pk)
        return said if said is not None else any(self._store_needs(store) for store in members)

    def _store_needs(self, store: Store) -> bool:
        said = self._last_word("store", store.pk)
        return said if said is not None else self._is_ready_time(self.hours[store.pk])

    def _last_word(self, scope: str, pk: int) -> bool | None:
        live = [each for each in self.overrides if each[:2] == (scope, pk) and each[3] <= self.at < each[4]]
        return max(live, key=lambda each: each[5].pk)[2] is OverrideKind.RUN if live else None

    def _is_ready_time(self, hours: tuple[int, int] | None) -> bool:
        if hours is None:
            return False
        wall = self.at + TOKYO_OFFSET
        midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
        for day in (-1, 0, 1):
            opens = midnight + timedelta(days=day, minutes=hours[0] - 30)
            closes = midnight + timedelta(days=day, minutes=hours[1] + 30)
            if opens <= wall < closes:
                return True
        return False

    # --- hands -------------------------------------------------------------------------------------

    def _move(self, by: timedelta) -> None:
        self.at += by
        self.local.advance(by.total_seconds())

    def _tick(self) -> None:
        try:
            run_tick(at=self.at, connect=lambda connection: self.rekognition)
        except Crash:
            return
        self._no_model_runs_past_its_plan()

    def _write_hours(self, store: Store) -> None:
        hours = self.hours[store.pk]
        OpeningHours.objects.filter(store=store).delete()
        if hours:
            OpeningHours.objects.bulk_create(
                OpeningHours(store=store, weekday=day, opens_minute=hours[0], closes_minute=hours[1])
                for day in range(7)
            )


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    made = Settings(
        data_dir=tmp_path_factory.mktemp("machine"),
        port=0,
        clock=ClockMode.MANUAL,
        durations=Durations(start=Span.parse("40"), stop=Span.parse("20")),
        quotas=Quotas().without_tps(),
        control=True,
    )
    with serve(made) as server:
        client = Local(server)
        yield client
        client.close()


def check_machine(local: Local, examples: int, kind: type[DayLoop] = DayLoop) -> None:
    machine = type("Driven", (kind,), {"local": local})
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=40, deadline=None, suppress_health_check=checks,
            database=None, print_blob=False,
        ),
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.timeout(400)
def test_day_loop_mends_itself_whatever_happens(local: Local) -> None:
    check_machine(local, int(os.environ.get("KAMADO_TEST_EXAMPLES", "8")))
