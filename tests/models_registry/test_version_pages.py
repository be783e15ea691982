"""Model versions: the mirror shown, synced on demand, and orphans stopped by a person's word."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from models_registry.domain.evaluation import WHAT_TO_DO, SummaryUnreadable, SummaryVersionUnknown
from models_registry.domain.objects import ObjectStoreError, Place
from models_registry.domain.ports import AccessDenied, VersionState
from models_registry.domain.status import VersionStatus
from models_registry.models import Connection, Decision, Evaluation, LabelMetrics, ModelVersion, Run
from models_registry.services.orphans import NotAnOrphan, ask_to_stop
from models_registry.views import versions as pages
from stores.models import Role, Store
from tests.models_registry.conftest import ACCOUNT, World, tokyo
from tests.models_registry.test_evaluation import AWS_EXAMPLE

Bakery = Callable[..., Store]
SignIn = Callable[..., Client]


@pytest.fixture
def wired(at_the_desk: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Let the pages speak to the world's AWS."""
    monkeypatch.setattr(pages, "connect", lambda connection: at_the_desk.rekognition)
    monkeypatch.setattr(pages, "open_buckets", lambda connection: at_the_desk.buckets)
    return at_the_desk


def orphan(world: World) -> Run:
    """Somebody has started a model in the console that no deployment points at."""
    version = world.version("stray")
    world.rekognition.start_version(version.arn, min_units=1, max_units=None)
    world.at += timedelta(minutes=10)
    world.sweep()
    return Run.objects.get(version=version)


def test_version_is_for_headquarters(world: World, sign_in: SignIn, bakery: Bakery) -> None:
    address = f"/versions/{world.version('bread').pk}/"
    assert Client().get(address).status_code == 302
    assert sign_in("owari", Role.OWNER, store=bakery("asakusa")).get(address).status_code == 403
    hq = sign_in("hanako", Role.HQ)
    assert hq.get(address).status_code == 200
    assert hq.get("/versions/999/").status_code == 404


def test_orders_are_for_headquarters(wired: World, sign_in: SignIn, bakery: Bakery) -> None:
    run = orphan(wired)
    owner = sign_in("owari", Role.OWNER, store=bakery("asakusa"))
    assert owner.post(f"/connections/{wired.connection.pk}/sync/").status_code == 403
    assert owner.post(f"/runs/{run.pk}/stop/").status_code == 403
    assert Run.objects.get().stop_wanted_at is None


def test_empty_page_says_how_to_connect(hq: Client, db: None) -> None:
    page = hq.get("/versions/").content.decode()
    assert "No AWS account is connected yet." in page
    assert "/admin/models_registry/connection/add/" in page


@pytest.mark.parametrize("status", list(VersionStatus))
def test_every_status_of_aws_has_a_name(status: VersionStatus, world: World, hq: Client) -> None:
    version = world.version("bread")
    ModelVersion.objects.filter(pk=version.pk).update(status=status)
    page = hq.get("/versions/").content.decode()
    assert f'title="{status}"' in page


def test_training_is_priced_by_the_hour(world: World, hq: Client) -> None:
    version = world.version("bread")
    ModelVersion.objects.filter(pk=version.pk).update(
        billable_training_seconds=4_800, trained_at=tokyo(1, 9), f1_score=0.917
    )
    page = hq.get("/versions/").content.decode()
    assert "$1.33" in page
    assert "0.917" in page


def evaluated(world: World, labels: dict[str, tuple[float, int]]) -> ModelVersion:
    """A version whose evaluation was read; labels by F1 and test images."""
    version = world.version("bread")
    Evaluation.objects.create(
        version=version, tried_at=tokyo(2, 4), read_at=tokyo(2, 4), f1_score=0.871, precision=0.902,
        recall=0.844, average_precision=0.815, training_images=1_480, test_images=372,
    )  # fmt: skip
    LabelMetrics.objects.bulk_create(
        LabelMetrics(
            version=version, label=label, f1_score=f1, precision=0.9, recall=0.8, assumed_threshold=0.2584,
            test_images=images,
        )
        for label, (f1, images) in labels.items()
    )  # fmt: skip
    return version


def test_labels_are_listed_weakest_first(world: World, hq: Client) -> None:
    version = evaluated(world, {"melonpan": (0.98, 60), "anpan": (0.61, 60)})
    page = hq.get(f"/versions/{version.pk}/").content.decode()
    assert page.index("anpan") < page.index("melonpan")
    assert "25.8%" in page
    assert "few test images" not in page


def test_overall_figures_and_numbers_of_images_are_shown(world: World, hq: Client) -> None:
    version = evaluated(world, {"anpan": (0.61, 60)})
    page = hq.get(f"/versions/{version.pk}/").content.decode()
    for figure in ("0.871", "0.902", "0.844", "0.815", "372", "trained on 1,480 images"):
        assert figure in page


def test_f1_of_aws_is_shown_as_long_as_the_evaluation_was_not_read(world: World, hq: Client) -> None:
    version = world.version("bread")
    ModelVersion.objects.filter(pk=version.pk).update(f1_score=0.917)
    assert "0.917" in hq.get(f"/versions/{version.pk}/").content.decode()


def test_labels_with_few_test_images_are_marked(world: World, hq: Client) -> None:
    version = evaluated(world, {"melonpan": (0.98, 50), "anpan": (0.61, 49), "danish": (0.7, 3)})
    page = hq.get(f"/versions/{version.pk}/").content.decode()
    assert "2 labels have fewer than 50 test images." in page
    assert page.count("rg-chip-warn") == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "AWS gives no evaluation for this version."),
        ({"status": "TRAINING_IN_PROGRESS"}, "Its evaluation comes with the end of the training."),
        ({"status": "TRAINING_FAILED"}, "Its training failed, so there is no evaluation."),
        ({"summary_uri": "s3://breads/output/v1.json"}, "Its evaluation has not been read yet."),
    ],
)
def test_version_without_figures_says_why(
    world: World, hq: Client, fields: dict[str, str], said: str
) -> None:
    version = world.version("bread")
    ModelVersion.objects.filter(pk=version.pk).update(**fields)
    page = hq.get(f"/versions/{version.pk}/").content.decode()
    assert said in page
    assert fields.get("summary_uri", "") in page


@pytest.mark.parametrize("problem", list(WHAT_TO_DO))
def test_evaluation_that_cannot_be_read_says_what_to_do(world: World, hq: Client, problem: str) -> None:
    version = world.version("bread")
    Evaluation.objects.create(
        version=version, tried_at=tokyo(2, 4), problem=problem, detail="AccessDenied: no"
    )
    page = unescape(hq.get(f"/versions/{version.pk}/").content.decode())
    assert "The evaluation could not be read at 2026-11-01 19:00" in page
    assert WHAT_TO_DO[problem] in page
    assert "AccessDenied: no" in page


def test_every_error_of_a_reading_has_a_sentence() -> None:
    kinds = [ObjectStoreError, *ObjectStoreError.__subclasses__(), SummaryUnreadable, SummaryVersionUnknown]
    assert {kind.code for kind in kinds} == set(WHAT_TO_DO)


def test_version_page_asks_as_often_for_many_labels_as_for_one(world: World, hq: Client) -> None:
    version = evaluated(world, {"anpan": (0.6, 10)})
    with CaptureQueriesContext(connection) as one:
        hq.get(f"/versions/{version.pk}/")
    LabelMetrics.objects.bulk_create(
        LabelMetrics(version=version, label=f"bread {number}", f1_score=0.9) for number in range(60)
    )
    with CaptureQueriesContext(connection) as many:
        hq.get(f"/versions/{version.pk}/")
    assert len(many) == len(one) <= 13


def test_sync_now_reads_the_evaluation(wired: World, hq: Client) -> None:
    arn = f"{ACCOUNT}/bread/version/v2/1700000000000"
    place = Place("breads", "output/v2.json")
    facts = VersionState(arn, VersionStatus.TRAINING_COMPLETED, summary_uri=str(place))
    wired.rekognition.add(arn, facts=facts)
    wired.buckets.objects[place] = json.dumps(AWS_EXAMPLE).encode()
    hq.post(f"/connections/{wired.connection.pk}/sync/")
    page = hq.get(f"/versions/{ModelVersion.objects.get().pk}/").content.decode()
    assert page.index("WATCH") < page.index("CAP")
    assert "98.8%" in page
    assert "s3://breads/output/v2.json" in page


def test_sync_mirrors_what_aws_has(wired: World, hq: Client) -> None:
    wired.rekognition.add(f"{ACCOUNT}/bread/version/v2/1700000000000")
    page = hq.post(f"/connections/{wired.connection.pk}/sync/", follow=True).content.decode()
    assert "Main: 1 projects, 1 versions, 1 of them new." in page
    assert "synced 0 seconds ago" in page
    assert ModelVersion.objects.get().name == "v2"


def test_sync_that_fails_says_why(wired: World, hq: Client) -> None:
    wired.rekognition.fail_next.append(AccessDenied("The role may not call DescribeProjects."))
    page = hq.post(f"/connections/{wired.connection.pk}/sync/", follow=True).content.decode()
    assert "The role may not call DescribeProjects." in page


def test_connection_that_fails_is_shown(world: World, hq: Client) -> None:
    Connection.objects.update(
        error_code="access_denied", error_message="The role is gone.", failing_since=tokyo(2, 5)
    )
    assert "The role is gone." in hq.get("/versions/").content.decode()


def test_orphan_is_stopped_when_a_person_asks(wired: World, hq: Client) -> None:
    run = orphan(wired)
    assert "Stop this model" in hq.get("/versions/").content.decode()
    hq.post(f"/runs/{run.pk}/stop/")
    asked = Decision.objects.get(code="ORPHAN_STOP")
    assert asked.params == {"author": "hanako"}
    wired.tick(wired.at + timedelta(seconds=5))
    wired.tick(wired.at + timedelta(minutes=2))
    run.refresh_from_db()
    assert (run.outcome, run.stop_code) == ("STOPPED", "ORPHAN_STOP")


def test_asking_twice_is_asking_once(wired: World) -> None:
    run = orphan(wired)
    assert ask_to_stop(run=run, author=None, at=wired.at)
    assert not ask_to_stop(run=run, author=None, at=wired.at)
    assert Decision.objects.filter(code="ORPHAN_STOP").count() == 1


def test_run_of_a_deployment_is_no_orphan(wired: World, hq: Client, bakery: Bakery) -> None:
    wired.deployment("asakusa", bakery("asakusa"))
    wired.tick(tokyo(2, 6, 30))
    run = Run.objects.get()
    assert hq.post(f"/runs/{run.pk}/stop/").status_code == 404
    with pytest.raises(NotAnOrphan):
        ask_to_stop(run=run, author=None, at=wired.at)


def test_versions_ask_as_often_for_many_as_for_one(world: World, hq: Client) -> None:
    world.version("bread")
    with CaptureQueriesContext(connection) as one:
        hq.get("/versions/")
    for number in range(12):
        world.version("bread", f"w{number}")
        world.version(f"other-{number}")
    with CaptureQueriesContext(connection) as many:
        page = hq.get("/versions/")
    assert len(many) == len(one) <= 13
    assert "All versions of this project" in page.content.decode()
