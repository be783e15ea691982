"""The same stores through the portal itself: PostgreSQL, `run_tick`, and Rekognition Local over HTTP.

Rekognition Local stands on its manual clock, which is set to each instant at which something can change: a
plan's next change, a model's next status, five seconds after an order. Its meter is the oracle. Django
must be set up, on an empty database.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.savings.chain import ChainStore
from bench.savings.pure import SEED, TICK_SECONDS, Schedule
from models_registry.gateways.aws import Account, AwsRekognition
from models_registry.models import Assignment, Connection, Deployment, DeploymentState, ModelVersion, Run
from models_registry.services.sync import sync_connection
from models_registry.services.tick import run_tick
from rekognition_local.server import RunningServer, serve
from rekognition_local.settings import ClockMode, Quotas, Settings
from stores.domain.localtime import from_seconds, to_seconds
from stores.models import Area, OpeningHours, SpecialDay, Store

REGION = "eu-west-3"
SEEDED_AT = "2025-12-01T00:00:00Z"
MANY = 1_000


@dataclass(slots=True)
class PortalYear:
    """What the portal wrote down and what the meter read, by store code, with how long it all took."""

    ledgers: dict[str, list[tuple[int, int | None, int | None]]] = field(default_factory=dict)
    metered_minutes: dict[str, int] = field(default_factory=dict)
    ticks: int = 0
    simulated_seconds: int = 0
    real_seconds: float = 0.0


@dataclass(slots=True)
class _Drive:
    url: str
    rekognition: AwsRekognition
    second: int

    def control(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_control/{path}", data=data, method=method)  # noqa: S310
        with urllib.request.urlopen(request) as answer:  # noqa: S310  our own server
            return json.load(answer)

    def tick(self, second: int) -> bool:
        """Set the clock and tick; tell whether anything was ordered."""
        self.second = second
        at = from_seconds(second)
        self.control("POST", "clock", {"set": at.isoformat()})
        report = run_tick(at=at, connect=lambda connection: self.rekognition)
        return bool(report.started or report.stopped or report.refused)

    def next_changes(self) -> list[int]:
        """Return when models next change by themselves, on the raster of the tick."""
        versions = [
            each for project in self.control("GET", "state")["projects"] for each in project["versions"]
        ]
        due = [each["next_at_ms"] for each in versions if each.get("next_at_ms")]
        return [on_raster(-(-each // 1000)) for each in due if each > self.second * 1000]


def on_raster(second: int) -> int:
    """Return the first tick at or after a second."""
    return -(-second // TICK_SECONDS) * TICK_SECONDS


def portal_year(
    plan: Sequence[tuple[ChainStore, Schedule]], folder: Path, *, first: int, until: int
) -> PortalYear:
    """Run stores, each under its schedule, from one second to another, and read ledger and meter."""
    with serve(_settings(folder, first)) as server:
        drive = _open(plan, server, first)
        begun, ticks = time.monotonic(), 0
        following = first
        while following < until:
            acted = drive.tick(following)
            ticks += 1
            following = _following(drive, acted)
        return PortalYear(
            _ledgers(),
            _metered(drive.control("GET", "meter")),
            ticks,
            until - first,
            time.monotonic() - begun,
        )


def _following(drive: _Drive, acted: bool) -> int:
    """Return the next instant to tick: just before a model changes, when it does, when a plan does."""
    now = drive.second
    changes = [
        on_raster(to_seconds(at))
        for at in DeploymentState.objects.filter(next_change_at__gt=from_seconds(now)).values_list(
            "next_change_at", flat=True
        )
    ]
    for change in drive.next_changes():
        changes += [change - TICK_SECONDS, change] if change - TICK_SECONDS > now else [change]
    if acted:
        changes.append(now + TICK_SECONDS)
    return min((each for each in changes if each > now), default=now + 86_400)


def _settings(folder: Path, first: int) -> Settings:
    quotas = Quotas(running_models=MANY, models_per_project=MANY).without_tps()
    return Settings(
        folder,
        port=0,
        clock=ClockMode.MANUAL,
        start_at_ms=first * 1000,
        quotas=quotas,
        seed=SEED,
        control=True,
    )


def _open(plan: Sequence[tuple[ChainStore, Schedule]], server: RunningServer, first: int) -> _Drive:
    """Give every store a model in Rekognition Local and a deployment in the portal."""
    account = Account(REGION, endpoint_url=server.url, calls_per_second=10**9)
    drive = _Drive(server.url, AwsRekognition(account), first)
    versions = [{"name": store.code.lower(), "created_at": SEEDED_AT} for store, _ in plan]
    drive.control("POST", "seed", {"region": REGION, "projects": [{"name": "chain", "versions": versions}]})
    connection = Connection.objects.create(
        name="Chain", region=REGION, max_running_models=MANY, control_plane_tps=MANY
    )
    sync_connection(connection, at=from_seconds(first), rekognition=drive.rekognition)
    area = Area.objects.create(name="Chain")
    for store, schedule in plan:
        _deploy(store, schedule, area, connection)
    return drive


def _deploy(store: ChainStore, schedule: Schedule, area: Area, connection: Connection) -> None:
    made = Store.objects.create(
        code=store.code, name=store.code, area=area, timezone=store.rules.timezone,
        open_buffer_minutes=schedule.lead, close_buffer_minutes=schedule.tail,
    )  # fmt: skip
    OpeningHours.objects.bulk_create(
        OpeningHours(store=made, weekday=day, opens_minute=opens, closes_minute=closes)
        for day, hours in enumerate(store.rules.weekly)
        for opens, closes in hours
    )
    SpecialDay.objects.bulk_create(
        SpecialDay(store=made, on=on, kind=rule.kind.value) for on, rule in store.rules.special.items()
    )
    deployment = Deployment.objects.create(
        name=store.code, connection=connection, uses_learned_lead=schedule.learns,
        live_version=ModelVersion.objects.get(arn=store.arn),
    )  # fmt: skip
    Assignment.objects.create(deployment=deployment, store=made)


def _ledgers() -> dict[str, list[tuple[int, int | None, int | None]]]:
    """Return the runs of the ledger: when ordered, running and stopping, in UTC seconds."""
    found: dict[str, list[tuple[int, int | None, int | None]]] = {}
    for run in Run.objects.select_related("deployment").order_by("requested_at", "id"):
        assert run.deployment is not None
        row = to_seconds(run.requested_at), _second(run.running_at), _second(run.stopping_at)
        found.setdefault(run.deployment.name, []).append(row)
    return found


def _second(at: datetime | None) -> int | None:
    return to_seconds(at) if at else None


def _metered(report: dict[str, Any]) -> dict[str, int]:
    """Return the meter's minutes by version name, as the stores are coded."""
    return {each["version_name"].upper(): each["billable_minutes"] for each in report["versions"]}
