"""What the tests hold in their hands: a running server, boto3 clients for it, and its control calls."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from rekognition_local.server import RunningServer
from rekognition_local.settings import Durations, Span

TOKYO, OSAKA = "ap-northeast-1", "ap-northeast-3"
OPENING = "2026-11-23T00:00:00Z"
OUTPUT = {"S3Bucket": "komugi-models", "S3KeyPrefix": "output"}
BUCKET = "komugi-breads"


def manifest(name: str, bucket: str = BUCKET) -> dict[str, Any]:
    """TrainingData or TestingData of one manifest."""
    return {"Assets": [{"GroundTruthManifest": {"S3Object": {"Bucket": bucket, "Name": name}}}]}


def source(name: str, bucket: str = BUCKET) -> dict[str, Any]:
    """DatasetSource of a manifest."""
    return {"GroundTruthManifest": {"S3Object": {"Bucket": bucket, "Name": name}}}


POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
                "Action": "rekognition:CopyProjectVersion",
                "Resource": "*",
            }
        ],
    }
)
TRAINING = {
    "OutputConfig": {"S3Bucket": BUCKET, "S3KeyPrefix": "output"},
    "TrainingData": manifest("train.manifest"),
    "TestingData": manifest("test.manifest"),
}
# 10 minutes to start, 1 to stop, 1 hour to train, 2 minutes to copy, 5 seconds to delete.
FIXED = Durations(
    start=Span.parse("600"),
    stop=Span.parse("60"),
    training=Span.parse("3600"),
    copy=Span.parse("120"),
    delete=Span.parse("5"),
)


class Local:
    def __init__(self, server: RunningServer, buckets: Path | None = None) -> None:
        self.url = server.url
        self.buckets = buckets or Path("no-buckets")
        self._clients: dict[tuple[str, bool], Any] = {}

    def client(self, region: str = TOKYO, *, validates: bool = True) -> Any:
        """A boto3 client that tries once; with `validates=False` it sends whatever it is given."""
        key = (region, validates)
        if key not in self._clients:
            self._clients[key] = boto3.client(
                "rekognition",
                endpoint_url=self.url,
                region_name=region,
                aws_access_key_id="AKIDKOMUGI",
                aws_secret_access_key="secret",
                config=Config(
                    retries={"total_max_attempts": 1}, parameter_validation=validates, max_pool_connections=20
                ),
            )
        return self._clients[key]

    @property
    def aws(self) -> Any:
        return self.client()

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def control(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/_control/{path}", data=data, method=method, headers=headers
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def post(self, path: str, body: Any) -> Any:
        status, content = self.control("POST", path, body)
        assert status == 200, content
        return content

    def get(self, path: str) -> Any:
        return self.control("GET", path)[1]

    def advance(self, seconds: float) -> None:
        self.post("clock", {"advance_seconds": seconds})

    def set_status(self, arn: str, status: str) -> None:
        self.post("versions/set_status", {"arn": arn, "status": status})

    def faults(self, *rules: dict[str, Any]) -> None:
        self.post("faults", {"rules": list(rules)})

    def project(self, name: str = "breads", region: str = TOKYO) -> str:
        return self.seed(0, project=name, region=region)[0]

    def version(self, name: str = "v1", project: str = "breads", region: str = TOKYO, **more: Any) -> str:
        """A trained version, ready to start."""
        body = {"region": region, "projects": [{"name": project, "versions": [{"name": name, **more}]}]}
        return self.post("seed", body)["projects"][0]["versions"][0]

    def seed(self, versions: int, *, project: str = "breads", region: str = TOKYO) -> list[str]:
        """The ARN of a project, then those of its versions v1, v2, ..."""
        body = {"region": region, "projects": [{"name": project, "versions": versions}]}
        made = self.post("seed", body)["projects"][0]
        return [made["arn"], *made["versions"]]

    def running_version(self, name: str = "v1") -> str:
        arn = self.version(name)
        self.start(arn)
        self.advance(600)
        return arn

    def train(self, name: str = "v1", project: str = "breads", **changes: Any) -> str:
        """The ARN of a version whose training begins now, from the trays that the fixtures draw."""
        arn = self.project(project)
        request = {**TRAINING, "ProjectArn": arn, "VersionName": name, **changes}
        return self.aws.create_project_version(**request)["ProjectVersionArn"]

    def trained_version(self, name: str = "v1", project: str = "breads", **changes: Any) -> str:
        """A version that has learnt and was judged."""
        arn = self.train(name, project, **changes)
        self.wait()
        self.advance(3600)
        return arn

    def run(self, arn: str) -> None:
        """Start a version and let the clock pass until it runs."""
        self.start(arn)
        self.advance(600)

    def see(self, arn: str, picture: bytes, **parameters: Any) -> list[dict[str, Any]]:
        """Everything the version answers about a picture."""
        image = {"Bytes": picture}
        answer = self.aws.detect_custom_labels(ProjectVersionArn=arn, Image=image, **parameters)
        return answer["CustomLabels"]

    def model_of(self, arn: str) -> str:
        """The digest of what a version has learnt."""
        return self._version_state(arn)["model"]["digest"]

    def thresholds_of(self, arn: str) -> dict[str, float]:
        """Each label's assumed threshold in percent."""
        return self._version_state(arn)["model"]["thresholds"]

    def _version_state(self, arn: str) -> Any:
        versions = [version for project in self.get("state")["projects"] for version in project["versions"]]
        return next(version for version in versions if version["arn"] == arn)

    def wait(self) -> None:
        """Wait until nothing goes on in the background."""
        assert self.post("work/wait", {"seconds": 100})["is_idle"]

    def settle(self) -> None:
        """Let datasets end what they are at, the work and the time it takes."""
        self.wait()
        self.advance(5)

    def dataset(self, name: str | None = None, *, project: str = "breads", type: str = "TRAIN") -> str:
        """A dataset that is complete or failed: from a manifest in the bucket, or empty."""
        more = {"DatasetSource": source(name)} if name else {}
        made = self.aws.create_dataset(ProjectArn=self.project(project), DatasetType=type, **more)
        self.settle()
        return made["DatasetArn"]

    def dataset_description(self, arn: str) -> Any:
        return self.aws.describe_dataset(DatasetArn=arn)["DatasetDescription"]

    def update(self, arn: str, *lines: dict[str, Any]) -> None:
        """Put lines into a dataset and wait until they are there."""
        content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
        self.aws.update_dataset_entries(DatasetArn=arn, Changes={"GroundTruth": content})
        self.settle()

    def entries(self, arn: str, **filters: Any) -> list[Any]:
        """Every entry of a dataset, parsed."""
        pages = self.aws.get_paginator("list_dataset_entries").paginate(DatasetArn=arn, **filters)
        return [json.loads(text) for page in pages for text in page["DatasetEntries"]]

    def start(self, arn: str, units: int = 1) -> str:
        return self.aws.start_project_version(ProjectVersionArn=arn, MinInferenceUnits=units)["Status"]

    def stop(self, arn: str) -> str:
        return self.aws.stop_project_version(ProjectVersionArn=arn)["Status"]

    def describe(self, arn: str, region: str = TOKYO) -> Any:
        """The description of one version, or None when it is gone."""
        stem, _, rest = arn.partition("/version/")
        name = rest.split("/")[0]
        client = self.client(region)
        projects = client.describe_projects(ProjectNames=[stem.rpartition("/")[2]])["ProjectDescriptions"]
        found = client.describe_project_versions(ProjectArn=projects[0]["ProjectArn"], VersionNames=[name])
        return next(iter(found["ProjectVersionDescriptions"]), None)

    def status(self, arn: str) -> str | None:
        description = self.describe(arn)
        return description["Status"] if description else None

    def metered_minutes(self) -> int:
        return self.get("meter")["total"]["billable_minutes"]


def error_of(error: ClientError) -> str:
    return error.response["Error"]["Code"]


def message_of(error: ClientError) -> str:
    return error.response["Error"]["Message"]
