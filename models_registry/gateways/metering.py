"""CloudWatch's `InServiceInferenceUnits` and Cost Explorer over boto3.

Needs cloudwatch:GetMetricData and, for costs, ce:GetCostAndUsage. A question to Cost Explorer costs 0.01 USD.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date
from decimal import Decimal
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from models_registry.domain.metering import Cost, MeteringDenied, MeteringError, VersionName
from models_registry.gateways.aws import Account, botocore_session
from models_registry.gateways.sessions import RoleNotAssumed, said
from stores.domain.intervals import Span
from stores.domain.localtime import from_seconds

PERIOD = 60
MOST_QUERIES = 500
"""GetMetricData takes so many at once."""
COST_REGION = "us-east-1"
SERVICE = "Amazon Rekognition"
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"})


class AwsMetering:
    """The counts of one account and region; safe to share between threads."""

    def __init__(self, account: Account, *, endpoint_url: str = "") -> None:
        session = boto3.Session(botocore_session=botocore_session(account), region_name=account.region)
        config = Config(
            connect_timeout=3, read_timeout=20, retries={"mode": "standard"}, user_agent_extra="kamado"
        )
        asked: dict[str, Any] = {"config": config, "endpoint_url": endpoint_url or None}
        self._watch = session.client("cloudwatch", **asked)
        self._costs = session.client("ce", region_name=COST_REGION, **asked)

    def units_in_service(
        self, versions: Sequence[VersionName], bounds: Span
    ) -> dict[VersionName, dict[int, Decimal]]:
        """Return a data point a minute; a call for 500 versions and 100,800 points. See GetMetricData."""
        found: dict[VersionName, dict[int, Decimal]] = defaultdict(dict)
        for some in _batches(versions, MOST_QUERIES):
            named = {f"v{index}": version for index, version in enumerate(some)}
            with _our_errors("cloudwatch:GetMetricData"):
                for page in self._watch.get_paginator("get_metric_data").paginate(
                    MetricDataQueries=[_query(key, version) for key, version in named.items()],
                    StartTime=from_seconds(bounds[0]),
                    EndTime=from_seconds(bounds[1]),
                    ScanBy="TimestampAscending",
                ):
                    for result in page["MetricDataResults"]:
                        found[named[result["Id"]]] |= _points(result)
        return dict(found)

    def costs(self, first: date, after: date) -> list[Cost]:
        """Return the lines of Amazon Rekognition by usage type. See GetCostAndUsage."""
        asked: dict[str, Any] = {
            "TimePeriod": {"Start": first.isoformat(), "End": after.isoformat()},
            "Granularity": "MONTHLY",
            "Metrics": ["UnblendedCost", "UsageQuantity"],
            "Filter": {"Dimensions": {"Key": "SERVICE", "Values": [SERVICE]}},
            "GroupBy": [{"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
        }
        lines: list[Cost] = []
        with _our_errors("ce:GetCostAndUsage"):
            while True:
                page = self._costs.get_cost_and_usage(**asked)
                lines += [_line(group) for each in page["ResultsByTime"] for group in each["Groups"]]
                if not page.get("NextPageToken"):
                    return lines
                asked["NextPageToken"] = page["NextPageToken"]


def _batches(versions: Sequence[VersionName], size: int) -> Iterator[Sequence[VersionName]]:
    for start in range(0, len(versions), size):
        yield versions[start : start + size]


def _query(key: str, version: VersionName) -> dict[str, Any]:
    return {
        "Id": key,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/Rekognition",
                "MetricName": "InServiceInferenceUnits",
                "Dimensions": [
                    {"Name": "ProjectName", "Value": version.project},
                    {"Name": "VersionName", "Value": version.version},
                ],
            },
            "Period": PERIOD,
            "Stat": "Average",
        },
    }


def _points(result: dict[str, Any]) -> dict[int, Decimal]:
    return {
        int(at.astimezone(UTC).timestamp()): Decimal(str(value))
        for at, value in zip(result["Timestamps"], result["Values"], strict=True)
    }


def _line(group: dict[str, Any]) -> Cost:
    metrics = group["Metrics"]
    return Cost(
        group["Keys"][0],
        Decimal(metrics["UsageQuantity"]["Amount"]),
        Decimal(metrics["UnblendedCost"]["Amount"]),
    )


@contextmanager
def _our_errors(permission: str) -> Iterator[None]:
    """Turn what boto3 raises into ours; one that is denied names the permission that is missing."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in DENIED:
            raise MeteringDenied(said(error), permission) from error
        raise MeteringError(said(error)) from error
    except RoleNotAssumed as error:
        raise MeteringDenied(str(error), "sts:AssumeRole") from error
    except BotoCoreError as error:
        raise MeteringError(f"{permission}: {error}") from error
