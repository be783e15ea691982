"""Live through the past month: the real tick, on a clock that jumps, against a Rekognition in memory."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from models_registry.domain.overrides import OverrideKind
from models_registry.domain.planning import deployment_windows
from models_registry.domain.ports import VersionState
from models_registry.domain.status import VersionStatus
from models_registry.gateways.in_memory import InMemoryRekognition
from models_registry.models import Connection, Deployment, ModelVersion
from models_registry.selectors.plans import plans_of_deployments
from models_registry.services.overrides import OverrideOrder, set_override
from models_registry.services.spend import rebuild_spend
from models_registry.services.tick import run_tick
from portal.base.models import User
from stores.domain.intervals import boundaries
from stores.domain.localtime import from_seconds, to_seconds

SEED = 20261123
WIND_DOWN = timedelta(minutes=20)
"""Before the present every model is stopped, so that the real day loop begins with all ovens cold."""
LAST_LOOK = timedelta(seconds=5)
"""The past looks for the last time while everything is still held back; the present begins by itself."""
STARTS_SECONDS = (240, 1_080)
STOPS_SECONDS = (30, 120)


@dataclass(slots=True)
class _Past:
    at: datetime
    chance: random.Random
    clouds: dict[int, InMemoryRekognition]
    edges: list[datetime]

    def connect(self, connection: Connection) -> InMemoryRekognition:
        cloud = self.clouds[connection.pk]
        cloud.start_seconds = self.chance.randrange(*STARTS_SECONDS, 5)
        cloud.stop_seconds = self.chance.randrange(*STOPS_SECONDS, 5)
        return cloud

    def next_instant(self, limit: datetime) -> datetime:
        """Return the next instant worth a tick: planned starts and stops, both sides of a change."""
        changes = [change for cloud in self.clouds.values() if (change := cloud.next_transition())]
        changes += [change - timedelta(seconds=5) for change in changes]
        changes += self.edges[bisect_right(self.edges, self.at) :][:1]
        return min((change for change in changes if change > self.at), default=limit)


def live_through(
    *, since: datetime, until: datetime, author: User, watch: Callable[[datetime], None] = lambda at: None
) -> None:
    """Run the day loop from `since` to `until`, every model cold at the end, and work out the spend."""
    past = _Past(since, random.Random(SEED), {}, _planned_edges(since, until))  # noqa: S311  no secret
    for connection in Connection.objects.filter(is_active=True).order_by("id"):
        cloud = past.clouds[connection.pk] = InMemoryRekognition(lambda: past.at)
        for version in ModelVersion.objects.filter(project__connection=connection).select_related("project"):
            cloud.add(version.arn, project_arn=version.project.arn, facts=_facts(version))
    _run_until(past, until - WIND_DOWN, watch)
    for deployment in Deployment.objects.order_by("id"):
        order = OverrideOrder(
            OverrideKind.STOP,
            past.at,
            until,
            "デモの過去はここまで / The past of the demo ends here",
            deployment=deployment,
        )
        set_override(order=order, author=author, at=past.at)
    _run_until(past, until - LAST_LOOK, watch)
    rebuild_spend(
        first_on=since.date() - timedelta(days=1), last_on=until.date() + timedelta(days=1), at=until
    )


def _facts(version: ModelVersion) -> VersionState:
    """A version as the past knows it: one whose training still goes on was trained before that past began."""
    is_learning = version.status == VersionStatus.TRAINING_IN_PROGRESS
    return VersionState(
        version.arn,
        VersionStatus.TRAINING_COMPLETED if is_learning else VersionStatus(version.status),
        created_at=version.aws_created_at,
        trained_at=version.trained_at,
        billable_training_seconds=version.billable_training_seconds,
    )


def _planned_edges(since: datetime, until: datetime) -> list[datetime]:
    """Return every planned start and stop of every deployment, ascending."""
    bounds = to_seconds(since), to_seconds(until)
    plans = plans_of_deployments(Deployment.objects.all(), bounds).values()
    spans = [span for each in plans for span in deployment_windows(each.plans, each.overrides, bounds)]
    return [from_seconds(second) for second in boundaries(spans)]


def _run_until(past: _Past, limit: datetime, watch: Callable[[datetime], None]) -> None:
    while past.at < limit:
        run_tick(at=past.at, connect=past.connect)
        watch(past.at)
        past.at = min(past.next_instant(limit), limit)
    run_tick(at=past.at, connect=past.connect)
