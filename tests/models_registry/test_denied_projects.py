"""A policy of least privilege names projects: what it keeps from the portal must not hide the rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from models_registry.domain.ports import AccessDenied, Versions
from models_registry.gateways.in_memory import InMemoryRekognition
from models_registry.models import Connection, Trouble
from stores.models import Store
from tests.models_registry.conftest import World, tokyo

Bakery = Callable[..., Store]


class Keeping(InMemoryRekognition):
    """An account whose policy keeps some projects from the portal."""

    kept: frozenset[str] = frozenset()
    refusals = 0

    def describe_versions(self, project_arn: str) -> Versions:
        if any(f"/{name}/" in project_arn for name in self.kept):
            self.refusals += 1
            raise AccessDenied("AccessDeniedException: not authorized", aws_code="AccessDeniedException")
        return super().describe_versions(project_arn)


@pytest.fixture
def keeping(world: World) -> Keeping:
    world.rekognition = Keeping(lambda: world.at, start_seconds=540, stop_seconds=60)
    return world.rekognition


def test_sweep_mirrors_what_it_may_and_names_the_rest(world: World, keeping: Keeping) -> None:
    keeping.add("arn:aws:rekognition:ap-northeast-1:123456789012:project/alien/version/v1/1700000000000")
    world.version("breads")
    keeping.kept = frozenset({"alien"})
    (report,) = world.sweep()
    assert (report.error_code, report.versions, report.denied) == ("", 1, ("alien",))
    keeping.kept = frozenset({"alien", "breads"})
    (report,) = world.sweep()
    assert report.error_code == "access_denied"


def test_project_denied_since_is_told_and_the_others_go_on(
    world: World, keeping: Keeping, bakery: Bakery
) -> None:
    first = world.deployment("asakusa", bakery("asakusa"))
    second = world.deployment("ueno", bakery("ueno"))
    world.tick(tokyo(2, 5))
    keeping.kept = frozenset({"asakusa"})
    world.ticks(tokyo(2, 7), seconds=60)
    assert world.status(second) == "RUNNING"
    told = Trouble.objects.filter(code="ACCESS_DENIED", closed_at__isnull=True)
    assert [each.deployment_id for each in told] == [first.pk]
    assert Connection.objects.get().error_code == "access_denied"


def test_connection_that_denies_everything_is_not_asked_on_and_on(
    world: World, keeping: Keeping, bakery: Bakery
) -> None:
    names = [f"store-{number}" for number in range(6)]
    for name in names:
        world.deployment(name, bakery(name))
    world.tick(tokyo(2, 5))
    keeping.kept = frozenset(names)
    world.tick(tokyo(2, 5, 1))
    assert keeping.refusals == 3
    assert Trouble.objects.filter(code="ACCESS_DENIED", closed_at__isnull=True).count() == 6
