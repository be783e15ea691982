"""Pictures a second through one model of Rekognition Local, by inference units, as a ratio to one unit.

python bench/units.py [--pictures 60]
"""

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import _ground  # noqa: F401  puts the repository on the path
import boto3

from portal.home.demo.trays import write_trays
from rekognition_local.server import serve
from rekognition_local.settings import ClockMode, Quotas, Settings

REGION, BUCKET = "ap-northeast-1", "bench-breads"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=60)
    pictures = parser.parse_args().pictures
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), pictures)


def _measure(folder: Path, pictures: int) -> None:
    for name, count, seed in (("train", 12, 1), ("test", 4, 2)):
        write_trays(folder / "s3" / BUCKET / name, count=count, seed=seed, bucket_uri=f"s3://{BUCKET}/{name}")
    settings = Settings(
        data_dir=folder / "data",
        port=0,
        clock=ClockMode.IMMEDIATE,
        buckets=folder / "s3",
        quotas=Quotas().without_tps(),
        control=True,
    )
    with serve(settings) as server:
        client = boto3.client(
            "rekognition",
            endpoint_url=server.url,
            region_name=REGION,
            aws_access_key_id="bench",
            aws_secret_access_key="bench",  # noqa: S106  signatures are not checked
        )
        arn = _trained(client, folder / "s3" / BUCKET)
        content = next((folder / "s3" / BUCKET / "test").glob("*.jpg")).read_bytes()
        first = 0.0
        for units in (1, 2, 4):
            client.start_project_version(ProjectVersionArn=arn, MinInferenceUnits=units)
            rate = _rate(client, arn, content, pictures, units)
            client.stop_project_version(ProjectVersionArn=arn)
            first = first or rate
            print(f"{units} units: {rate:.1f} pictures/s, {rate / first:.2f} x one unit")


def _trained(client: Any, bucket: Path) -> str:
    sides = {
        side: {"Assets": [{"GroundTruthManifest": {"S3Object": {"Bucket": BUCKET, "Name": name}}}]}
        for side, name in (
            (side, str(next((bucket / folder).glob("*.manifest")).relative_to(bucket)))
            for side, folder in (("TrainingData", "train"), ("TestingData", "test"))
        )
    }
    project = client.create_project(ProjectName="bench")["ProjectArn"]
    output = {"S3Bucket": BUCKET, "S3KeyPrefix": "models"}
    arn: str = client.create_project_version(
        ProjectArn=project, VersionName="v1", OutputConfig=output, **sides
    )["ProjectVersionArn"]
    while True:
        found = client.describe_project_versions(ProjectArn=project)
        status = found["ProjectVersionDescriptions"][0]["Status"]
        if status == "TRAINING_COMPLETED":
            return arn
        if status == "TRAINING_FAILED":
            raise SystemExit(found["ProjectVersionDescriptions"][0]["StatusMessage"])
        time.sleep(0.5)


def _rate(client: Any, arn: str, content: bytes, pictures: int, units: int) -> float:
    """Pictures a second with two requests for every unit on the way; the processes are warm."""

    def ask(_: int) -> None:
        client.detect_custom_labels(ProjectVersionArn=arn, Image={"Bytes": content})

    with ThreadPoolExecutor(2 * units) as threads:
        list(threads.map(ask, range(2 * units)))
        began = time.perf_counter()
        list(threads.map(ask, range(pictures)))
        return pictures / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
