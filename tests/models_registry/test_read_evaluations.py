"""Evaluation summaries are read once with the sync, kept, and tried again when that failed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from models_registry.domain.evaluation import MAX_BYTES
from models_registry.domain.objects import ObjectDenied, Place, StoreUnanswered
from models_registry.domain.ports import AccessDenied, VersionState
from models_registry.domain.status import VersionStatus
from models_registry.models import Evaluation, LabelMetrics, ModelVersion
from tests.models_registry.conftest import ACCOUNT, World, tokyo
from tests.models_registry.test_evaluation import AWS_EXAMPLE

SUMMARY = Place("breads", "output/EvaluationResultSummary-bread-v1.json")


def trained(world: World, name: str = "v1", *, summary: Place | None = SUMMARY) -> str:
    """AWS has a version with an evaluation that the portal has not seen yet."""
    arn = f"{ACCOUNT}/bread/version/{name}/1700000000000"
    facts = VersionState(
        arn,
        VersionStatus.TRAINING_COMPLETED,
        created_at=tokyo(1, 5),
        f1_score=0.97,
        summary_uri=str(summary) if summary else "",
        training_snapshot_uri="s3://breads/output/training.json",
        testing_snapshot_uri="s3://breads/output/testing.json",
    )
    world.rekognition.add(arn, facts=facts)
    return arn


def test_summary_is_read_with_the_sync_and_kept(world: World) -> None:
    arn = trained(world)
    world.buckets.objects[SUMMARY] = json.dumps(AWS_EXAMPLE).encode()
    (report,) = world.sweep()
    assert (report.evaluations, report.unread_evaluations) == (1, 0)
    version = ModelVersion.objects.get(arn=arn)
    assert version.testing_snapshot_uri == "s3://breads/output/testing.json"
    kept = Evaluation.objects.get(version=version)
    assert (kept.read_at, kept.problem, kept.training_images, kept.test_images) == (world.at, "", 5216, 624)
    assert (kept.f1_score, kept.precision) == (0.9726959470546408, 0.9719115848331294)
    rows = LabelMetrics.objects.filter(version=version).order_by("label")
    assert [(row.label, row.test_images, row.assumed_threshold) for row in rows] == [
        ("CAP", 390, 0.9879502058029175),
        ("WATCH", 234, 0.014450683258473873),
    ]


def test_summary_is_read_once(world: World) -> None:
    trained(world)
    world.buckets.objects[SUMMARY] = json.dumps(AWS_EXAMPLE).encode()
    for _ in range(3):
        world.sweep()
        world.at += timedelta(minutes=5)
    assert world.buckets.reads == [SUMMARY]


def test_version_without_an_evaluation_is_left_alone(world: World) -> None:
    trained(world, summary=None)
    world.sweep()
    assert world.buckets.reads == []
    assert not Evaluation.objects.exists()


def test_failed_reading_is_noted_and_tried_again_with_the_next_sync(world: World) -> None:
    trained(world)
    (report,) = world.sweep()
    assert (report.evaluations, report.unread_evaluations) == (0, 1)
    noted = Evaluation.objects.get()
    assert (noted.problem, noted.read_at, noted.tried_at) == ("object_missing", None, world.at)
    world.at += timedelta(minutes=5)
    world.buckets.fail_next.append(ObjectDenied("AccessDenied: no"))
    world.sweep()
    noted.refresh_from_db()
    assert (noted.problem, noted.detail, noted.tried_at) == ("object_denied", "AccessDenied: no", world.at)
    world.buckets.objects[SUMMARY] = json.dumps(AWS_EXAMPLE).encode()
    world.sweep()
    noted.refresh_from_db()
    assert (noted.problem, noted.detail, noted.read_at) == ("", "", world.at)
    assert LabelMetrics.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"<html>", "summary_unreadable"),
        (json.dumps({**AWS_EXAMPLE, "Version": 2}).encode(), "summary_version_unknown"),
        (b" " * (MAX_BYTES + 1), "object_too_large"),
    ],
)
def test_file_that_is_no_summary_changes_no_figures(world: World, content: bytes, problem: str) -> None:
    version = ModelVersion.objects.get(arn=_seen(world))
    LabelMetrics.objects.create(version=version, label="anpan", f1_score=0.5)
    world.buckets.objects[SUMMARY] = content
    world.sweep()
    assert Evaluation.objects.get().problem == problem
    assert LabelMetrics.objects.get().label == "anpan"


def _seen(world: World) -> str:
    arn = trained(world)
    world.buckets.fail_next.append(StoreUnanswered("no answer"))
    world.sweep()
    return arn


def test_old_figures_are_replaced_all_at_once(world: World) -> None:
    version = ModelVersion.objects.get(arn=_seen(world))
    LabelMetrics.objects.create(version=version, label="anpan")
    world.buckets.objects[SUMMARY] = json.dumps(AWS_EXAMPLE).encode()
    world.sweep()
    assert set(version.label_metrics.values_list("label", flat=True)) == {"CAP", "WATCH"}


def test_store_that_does_not_answer_is_not_asked_for_the_next_version(world: World) -> None:
    for number in range(3):
        trained(world, f"v{number}", summary=Place("breads", f"{number}.json"))
    world.buckets.fail_next.append(StoreUnanswered("no answer"))
    (report,) = world.sweep()
    assert report.unread_evaluations == 1
    assert len(world.buckets.reads) == 1


def test_versions_never_tried_go_before_those_that_failed(world: World) -> None:
    trained(world, "v1", summary=Place("breads", "1.json"))
    world.sweep()
    trained(world, "v2", summary=Place("breads", "2.json"))
    world.at += timedelta(minutes=5)
    world.sweep()
    assert [place.key for place in world.buckets.reads] == ["1.json", "2.json", "1.json"]


def test_version_gone_from_aws_is_not_read(world: World) -> None:
    ModelVersion.objects.filter(arn=_seen(world)).update(gone_at=world.at)
    world.rekognition._projects.clear()
    world.buckets.reads.clear()
    world.sweep()
    assert world.buckets.reads == []


def test_connection_that_does_not_answer_reads_nothing(world: World) -> None:
    trained(world)
    world.rekognition.fail_next.append(AccessDenied("no"))
    world.sweep()
    assert world.buckets.reads == []


def test_version_known_before_its_files_were_is_completed_by_the_sync(world: World) -> None:
    arn = trained(world)
    world.sweep()
    ModelVersion.objects.filter(arn=arn).update(summary_uri="", testing_snapshot_uri="")
    Evaluation.objects.all().delete()
    world.buckets.objects[SUMMARY] = json.dumps(AWS_EXAMPLE).encode()
    world.at += timedelta(minutes=5)
    world.sweep()
    assert ModelVersion.objects.get(arn=arn).testing_snapshot_uri == "s3://breads/output/testing.json"
    assert Evaluation.objects.get().read_at == world.at


def test_tick_never_reads_from_s3(world: World) -> None:
    trained(world)
    world.version("bread", "v0")
    world.tick()
    assert world.buckets.reads == []


def test_evaluation_is_read_or_says_why_not(world: World) -> None:
    version = world.version("bread")
    with pytest.raises(IntegrityError), transaction.atomic():
        Evaluation.objects.create(version=version, tried_at=world.at)
    with pytest.raises(IntegrityError), transaction.atomic():
        Evaluation.objects.create(version=version, tried_at=world.at, read_at=world.at, problem="x")
