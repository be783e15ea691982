"""A school that really teaches: Rekognition Local over HTTP, with a bucket of labelled trays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from detections.domain.training.manifest import read
from detections.domain.training.pictures import Split
from detections.models import TrainingSet
from detections.services.schooling import Means, advance_sets
from detections.services.teaching import bring
from models_registry.gateways.aws import Account, AwsRekognition
from models_registry.gateways.buckets import FolderBuckets
from models_registry.gateways.school import AwsSchool
from models_registry.models import Connection, Project
from models_registry.services.sync import sync_with_evaluations
from portal.home.demo.trays import BREADS, write_trays
from rekognition_local.server import serve
from rekognition_local.settings import ClockMode, Quotas, Settings
from tests.models_registry.conftest import tokyo
from tests.rekognition_local.local import Local

LEARNT, TESTED = 8, 4


class Folder:
    """The portal's bucket of pictures as a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def save(self, key: str, content: bytes) -> None:
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@dataclass
class Schoolhouse:
    """One project in AWS, its pictures, and the hand that brings its sets on."""

    local: Local
    project: Project
    means: Means
    rekognition: AwsRekognition
    at: datetime

    def bring(self) -> None:
        for name, split in (("learn", Split.TRAIN), ("test", Split.TEST)):
            text = next((self.local.buckets / "elsewhere" / name).glob("*.manifest")).read_text()
            bring(project=self.project, pictures=read(text), split=split)

    def step(self, **means: Any) -> None:
        """Look at AWS as the tick and the sweep do, then bring sets on; a good while after the last time."""
        self.at += timedelta(seconds=61)
        connection = self.project.connection
        buckets = self.means.open_buckets(connection)
        sync_with_evaluations(connection, at=self.at, rekognition=self.rekognition, objects=buckets)
        advance_sets(at=self.at, means=self.means, is_time=lambda: True)

    def entries(self, kind: str) -> list[str]:
        (project,) = self.local.aws.describe_projects()["ProjectDescriptions"]
        arn = next(each["DatasetArn"] for each in project["Datasets"] if each["DatasetType"] == kind)
        pages = self.local.aws.get_paginator("list_dataset_entries").paginate(DatasetArn=arn)
        return [line for page in pages for line in page["DatasetEntries"]]

    def versions(self) -> list[str]:
        answer = self.local.aws.describe_project_versions(ProjectArn=self.project.arn)
        return [each["Status"] for each in answer["ProjectVersionDescriptions"]]

    def newest(self) -> TrainingSet:
        return TrainingSet.objects.select_related("project__connection", "version").latest("number")


@pytest.fixture(scope="session")
def trays(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("trays")
    for name, count, seed in (("learn", LEARNT, 1), ("test", TESTED, 2)):
        write_trays(
            root / name, count=count, seed=seed, breads=BREADS[:3], bucket_uri=f"s3://elsewhere/{name}"
        )
    return root


def schoolhouse_in(tmp_path: Path, trays: Path) -> Iterator[Schoolhouse]:
    buckets = tmp_path / "buckets"
    buckets.mkdir()
    shutil.copytree(trays, buckets / "elsewhere")
    (buckets / "kamado-pictures").mkdir()
    settings = Settings(
        data_dir=tmp_path / "aws", port=0, clock=ClockMode.IMMEDIATE, quotas=Quotas().without_tps(),
        control=True, buckets=buckets,
    )  # fmt: skip
    with serve(settings) as server:
        local = Local(server, buckets)
        arn = local.aws.create_project(ProjectName="breads")["ProjectArn"]
        account = Account("ap-northeast-1", endpoint_url=local.url, calls_per_second=1_000, read_attempts=1)
        rekognition = AwsRekognition(account)
        connection = Connection.objects.create(name="Main", region="ap-northeast-1")
        project = Project.objects.create(connection=connection, arn=arn, name="breads", status="CREATED")
        means = Means(
            lambda _: AwsSchool(rekognition),
            lambda _: FolderBuckets(buckets),
            Folder(buckets / "kamado-pictures"),
        )
        yield Schoolhouse(local, project, means, rekognition, tokyo(2, 9))
        local.close()
