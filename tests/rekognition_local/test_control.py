"""Seeding, setting a status, resetting, looking at the state."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.rekognition_local.local import OSAKA, TOKYO, Local


def test_seeded_version_looks_as_if_trained_long_ago(local: Local) -> None:
    arn = local.version(
        created_at="2026-10-01T09:00:00+09:00",
        training_seconds=5400,
        description="Autumn",
        tags={"shop": "ginza"},
    )

    description = local.describe(arn)

    assert arn.endswith("/breads/version/v1/1790812800000")
    assert description["Status"] == "TRAINING_COMPLETED"
    assert description["CreationTimestamp"] == datetime(2026, 10, 1, tzinfo=UTC)
    assert description["TrainingEndTimestamp"] == datetime(2026, 10, 1, 1, 30, tzinfo=UTC)
    assert description["BillableTrainingTimeInSeconds"] == 5400
    assert description["VersionDescription"] == "Autumn"


def test_seeding_twice_changes_nothing(local: Local) -> None:
    first = local.seed(3)
    local.advance(60)

    assert local.seed(3) == first


def test_thousand_versions_are_seeded_at_a_stroke(local: Local) -> None:
    projects = [{"name": f"area-{n}", "versions": 100} for n in range(10)]

    made = local.post("seed", {"region": TOKYO, "projects": projects})["projects"]

    assert len({arn for project in made for arn in project["versions"]}) == 1000


@pytest.mark.parametrize("status", ["RUNNING", "DEPRECATED", "TRAINING_FAILED", "STOPPED"])
def test_version_is_seeded_in_any_status(local: Local, status: str) -> None:
    assert local.status(local.version(status=status)) == status


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"region": TOKYO},
        {"region": "Tokyo/1", "projects": []},
        {"region": TOKYO, "projects": [{"name": "an pan"}]},
        {"region": TOKYO, "projects": [{}]},
        {"region": TOKYO, "projects": ["breads"]},
        {"region": TOKYO, "projects": [{"name": "breads", "colour": "brown"}]},
        {"region": TOKYO, "projects": [{"name": "breads", "versions": "many"}]},
        {"region": TOKYO, "projects": [{"name": "breads", "created_at": "long ago"}]},
        {"region": TOKYO, "projects": [{"name": "breads", "created_at": 5}]},
        {"region": TOKYO, "projects": [{"name": "breads", "versions": [{"name": "v1", "status": "BAKING"}]}]},
        {
            "region": TOKYO,
            "projects": [{"name": "breads", "versions": [{"name": "v1", "training_seconds": -1}]}],
        },
        [],
    ],
)
def test_seed_that_makes_no_sense_is_refused_and_leaves_nothing(local: Local, body: Any) -> None:
    status, content = local.control("POST", "seed", body)

    assert status == 400
    assert content["error"]
    assert local.get("state")["projects"] == []


def test_pinned_status_stays_until_a_call_moves_it(local: Local) -> None:
    arn = local.version()
    local.set_status(arn, "STOPPING")
    local.advance(10**6)

    assert local.status(arn) == "STOPPING"
    local.set_status(arn, "STOPPED")
    assert local.start(arn) == "STARTING"


@pytest.mark.parametrize(
    "body", [{}, {"arn": "arn:of:nothing", "status": "STOPPED"}, {"arn": 5, "status": "STOPPED"}]
)
def test_status_of_nothing_is_not_set(local: Local, body: dict[str, Any]) -> None:
    assert local.control("POST", "versions/set_status", body)[0] == 400


def test_status_that_does_not_exist_is_not_set(local: Local) -> None:
    status, content = local.control(
        "POST", "versions/set_status", {"arn": local.version(), "status": "BAKING"}
    )

    assert status == 400
    assert "TRAINING_IN_PROGRESS" in content["error"]


def test_reset_forgets_everything_and_may_turn_time_back(local: Local) -> None:
    local.running_version()
    local.faults({"kind": "internal"})

    now = local.post("reset", {"clock": "2020-02-29T00:00:00Z"})["now"]

    assert now == "2020-02-29T00:00:00.000Z"
    assert local.aws.describe_projects()["ProjectDescriptions"] == []
    assert local.get("meter")["total"]["runs"] == 0


def test_state_shows_what_a_version_becomes_and_when(local: Local) -> None:
    arn = local.version()
    local.seed(1, region=OSAKA)
    local.start(arn)

    state = local.get("state")

    assert state["account"] == "123456789012"
    assert state["clock"]["mode"] == "manual"
    assert {project["region"] for project in state["projects"]} == {TOKYO, OSAKA}
    version = next(project for project in state["projects"] if project["region"] == TOKYO)["versions"][0]
    assert (version["arn"], version["status"], version["next_status"]) == (arn, "STARTING", "RUNNING")


def test_control_body_that_is_no_json_object_is_refused(local: Local) -> None:
    for body in (5, "text", None):
        assert local.control("POST", "seed", body)[0] in (400, 411)
