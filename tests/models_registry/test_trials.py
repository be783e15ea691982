"""A version that is not live looks at stored photos: in nobody's way, and never longer than asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from models_registry.domain.status import VersionStatus
from models_registry.domain.trial import TrialState, TrialWhy
from models_registry.models import Deployment, ModelVersion, Run, Trial
from models_registry.services.deployments import InvalidDeployment
from models_registry.services.promotions import promote
from models_registry.services.trials import finish_trial, start_trial
from stores.models import Store
from tests.models_registry.conftest import World, tokyo


@pytest.fixture
def asakusa(world: World, bakery: Callable[..., Store]) -> Deployment:
    """Open since seven, with its model running since before."""
    made = world.deployment("breads", bakery("asakusa"))
    world.ticks(tokyo(2, 8), seconds=300)
    return made


@pytest.fixture
def challenger(world: World, asakusa: Deployment) -> ModelVersion:
    """A second version of the same project."""
    return world.version("breads", "v2")


def tried(world: World, deployment: Deployment, version: ModelVersion, *, until: datetime) -> Trial:
    return start_trial(deployment=deployment, version=version, author=None, until=until, at=world.at)


def both(world: World) -> dict[str, str]:
    return dict(ModelVersion.objects.values_list("name", "status"))


def test_trial_runs_beside_the_live_version_and_ends_when_done(
    world: World, asakusa: Deployment, challenger: ModelVersion
) -> None:
    trial = tried(world, asakusa, challenger, until=tokyo(2, 10))
    world.ticks(tokyo(2, 8, 12))
    trial.refresh_from_db()
    assert (trial.state, both(world)) == (TrialState.READY, {"v1": "RUNNING", "v2": "RUNNING"})

    assert finish_trial(trial=trial)
    assert not finish_trial(trial=trial)
    world.ticks(tokyo(2, 8, 16))
    trial.refresh_from_db()
    assert (trial.state, trial.why) == (TrialState.DONE, TrialWhy.FINISHED)
    assert both(world) == {"v1": "RUNNING", "v2": "STOPPED"}
    run = Run.objects.get(version=challenger)
    assert (run.start_code, run.stop_code, run.deployment) == ("TRIAL", "TRIAL_OVER", asakusa)


def test_trial_ends_at_its_time_even_if_nobody_finishes_it(
    world: World, asakusa: Deployment, challenger: ModelVersion
) -> None:
    trial = tried(world, asakusa, challenger, until=tokyo(2, 9))
    world.ticks(tokyo(2, 9, 5), seconds=60)
    trial.refresh_from_db()
    assert (trial.state, trial.why) == (TrialState.DONE, TrialWhy.OUT_OF_TIME)
    assert both(world)["v2"] == "STOPPED"


def test_trial_goes_on_after_closing_while_the_live_version_rests(
    world: World, asakusa: Deployment, challenger: ModelVersion
) -> None:
    world.ticks(tokyo(2, 22), seconds=600)
    trial = tried(world, asakusa, challenger, until=tokyo(2, 23))
    world.ticks(tokyo(2, 22, 15), seconds=60)
    trial.refresh_from_db()
    assert (trial.state, both(world)) == (TrialState.READY, {"v1": "STOPPED", "v2": "RUNNING"})
    world.ticks(tokyo(2, 23, 5), seconds=60)
    assert both(world) == {"v1": "STOPPED", "v2": "STOPPED"}


def test_trial_waits_for_a_place(world: World, asakusa: Deployment, challenger: ModelVersion) -> None:
    world.connection.max_running_models = 1
    world.connection.save()
    trial = tried(world, asakusa, challenger, until=tokyo(2, 11))
    world.ticks(tokyo(2, 9), seconds=300)
    trial.refresh_from_db()
    assert (trial.state, trial.why, both(world)["v2"]) == ("OPEN", TrialWhy.NO_SLOT, "TRAINING_COMPLETED")


def test_trial_makes_way_for_an_opening(world: World, asakusa: Deployment, challenger: ModelVersion) -> None:
    """The store opens at seven: its model takes the only place, and the trial is stopped before."""
    world.connection.max_running_models = 1
    world.connection.save()
    world.ticks(tokyo(3, 4), seconds=900)
    trial = tried(world, asakusa, challenger, until=tokyo(3, 7, 30))
    world.ticks(tokyo(3, 5), seconds=120)
    assert both(world) == {"v1": "STOPPED", "v2": "RUNNING"}
    world.ticks(tokyo(3, 7), seconds=60)
    assert both(world) == {"v1": "RUNNING", "v2": "STOPPED"}
    world.ticks(tokyo(3, 8), seconds=60)
    trial.refresh_from_db()
    assert (trial.state, trial.why) == (TrialState.DONE, TrialWhy.OUT_OF_TIME)


def test_trial_of_a_version_that_fails_says_so(
    world: World, asakusa: Deployment, challenger: ModelVersion
) -> None:
    trial = tried(world, asakusa, challenger, until=tokyo(2, 10))
    world.tick(tokyo(2, 8, 0, 5))
    world.tick(tokyo(2, 8, 0, 20))
    world.rekognition.add(challenger.arn, VersionStatus.FAILED, project_arn=challenger.project.arn)
    world.ticks(tokyo(2, 8, 2), seconds=10)
    trial.refresh_from_db()
    assert (trial.state, trial.why) == (TrialState.FAILED, TrialWhy.START_FAILED)


def test_cancelled_trial_is_stopped(world: World, asakusa: Deployment, challenger: ModelVersion) -> None:
    trial = tried(world, asakusa, challenger, until=tokyo(2, 10))
    world.tick(tokyo(2, 8, 0, 5))
    finish_trial(trial=trial, why=TrialWhy.CANCELLED)
    world.ticks(tokyo(2, 8, 15))
    trial.refresh_from_db()
    assert (trial.state, both(world)["v2"]) == (TrialState.CANCELLED, "STOPPED")


def test_version_promoted_on_trial_goes_on_running(
    world: World, asakusa: Deployment, challenger: ModelVersion
) -> None:
    trial = tried(world, asakusa, challenger, until=tokyo(2, 8, 30))
    world.ticks(tokyo(2, 8, 12))
    asakusa.refresh_from_db()
    promote(deployment=asakusa, version=challenger, reason="better", author=None, at=world.at)
    world.ticks(tokyo(2, 8, 40), seconds=60)
    trial.refresh_from_db()
    assert (trial.state, both(world)) == (TrialState.DONE, {"v1": "STOPPED", "v2": "RUNNING"})
    assert Run.objects.filter(version=challenger).count() == 1


def test_trial_has_an_end_within_four_hours(
    world: World, asakusa: Deployment, challenger: ModelVersion
) -> None:
    for until in (world.at, world.at + timedelta(hours=4, seconds=1)):
        with pytest.raises(InvalidDeployment, match="four hours"):
            tried(world, asakusa, challenger, until=until)


def test_one_trial_a_version(world: World, asakusa: Deployment, challenger: ModelVersion) -> None:
    tried(world, asakusa, challenger, until=tokyo(2, 10))
    with pytest.raises(InvalidDeployment, match="on trial already"):
        tried(world, asakusa, challenger, until=tokyo(2, 10))
