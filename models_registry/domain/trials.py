"""How each permission is tried without any effect: a call about something that does not exist.

AWS asks IAM first and looks for the thing afterwards. So “there is no such version” means that the call is
allowed, and AccessDenied that it is not. What cannot be tried so is named with its reason.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from models_registry.domain.iam import Scope

PROBE = "kamado-check"
"""The name of everything that is asked for and must not exist."""
NUMBER = "1"
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABc3UBGAAAAABJRU5ErkJggg=="
)
"""A picture of one pixel."""
GONE = frozenset({"ResourceNotFoundException"})
NO_KEY = frozenset({"NoSuchKey", "NoSuchVersion", "PreconditionFailed"})
NO_UPLOAD = frozenset({"NoSuchUpload"})


def _(text: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is said."""
    return text


@dataclass(frozen=True, slots=True)
class Target:
    """What a permission is tried on: one resource of a statement."""

    scope: Scope
    resource: str
    at: datetime

    @property
    def bucket(self) -> str:
        """Return the bucket of an S3 ARN."""
        return self.resource.split(":::", 1)[1].split("/", 1)[0]


Arguments = Callable[[Target], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Trial:
    """One call: its answers in `harmless` come only to who may make it, as does success."""

    service: str
    operation: str
    arguments: Arguments
    harmless: frozenset[str] = GONE


def _project_arn(target: Target) -> str:
    return f"{_project(target)}/{NUMBER}"


def _project(target: Target) -> str:
    text = target.resource.removesuffix("/*")
    return text.removesuffix("*") + PROBE if text.endswith("*") else text


def _version_arn(target: Target) -> str:
    return f"{_project(target)}/version/{PROBE}/{NUMBER}"


def _dataset_arn(target: Target) -> str:
    return f"{_project(target)}/dataset/train/{NUMBER}"


def _object(target: Target) -> dict[str, Any]:
    return {"Bucket": target.bucket, "Key": PROBE}


def _schedule(target: Target) -> dict[str, Any]:
    """A schedule that is switched off, and would stop what does not exist in fifty years."""
    return {
        "GroupName": target.scope.group,
        "Name": PROBE,
        "ScheduleExpression": "at(2076-01-01T00:00:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "State": "DISABLED",
        "Target": {
            "Arn": f"arn:{target.scope.partition}:scheduler:::aws-sdk:rekognition:stopProjectVersion",
            "RoleArn": target.scope.scheduler_role_arn,
            "Input": "{}",
        },
    }


def _named_schedule(target: Target) -> dict[str, Any]:
    return {"GroupName": target.scope.group, "Name": PROBE}


def _units(target: Target) -> dict[str, Any]:
    metric = {"Namespace": "AWS/Rekognition", "MetricName": "InServiceInferenceUnits"}
    asked = {"Id": "units", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Average"}}
    start = target.at - timedelta(minutes=1)
    return {"MetricDataQueries": [asked], "StartTime": start, "EndTime": target.at}


def _costs(target: Target) -> dict[str, Any]:
    on = target.at.date()
    period = {"Start": str(on - timedelta(days=1)), "End": str(on)}
    return {"TimePeriod": period, "Granularity": "DAILY", "Metrics": ["UsageQuantity"]}


RUNNING_MODELS = "L-5E225387"
INFERENCE_UNITS = "L-4FA65ECB"


def quota(code: str) -> dict[str, Any]:
    """Return how one quota of Rekognition is asked for."""
    return {"ServiceCode": "rekognition", "QuotaCode": code}


TRIALS: Mapping[str, Trial] = {
    "rekognition:DescribeProjects": Trial("rekognition", "describe_projects", lambda _t: {"MaxResults": 1}),
    "rekognition:DescribeProjectVersions": Trial(
        "rekognition", "describe_project_versions", lambda t: {"ProjectArn": _project_arn(t)}
    ),
    "rekognition:StartProjectVersion": Trial(
        "rekognition", "start_project_version",
        lambda t: {"ProjectVersionArn": _version_arn(t), "MinInferenceUnits": 1},
    ),
    "rekognition:StopProjectVersion": Trial(
        "rekognition", "stop_project_version", lambda t: {"ProjectVersionArn": _version_arn(t)}
    ),
    "rekognition:DetectCustomLabels": Trial(
        "rekognition", "detect_custom_labels",
        lambda t: {"ProjectVersionArn": _version_arn(t), "Image": {"Bytes": DOT}},
    ),
    "rekognition:CreateDataset": Trial(
        "rekognition", "create_dataset", lambda t: {"ProjectArn": _project_arn(t), "DatasetType": "TRAIN"}
    ),
    "rekognition:CreateProjectVersion": Trial(
        "rekognition", "create_project_version",
        lambda t: {
            "ProjectArn": _project_arn(t),
            "VersionName": PROBE,
            "OutputConfig": {"S3Bucket": t.scope.pictures, "S3KeyPrefix": PROBE},
        },
    ),
    "rekognition:DescribeDataset": Trial(
        "rekognition", "describe_dataset", lambda t: {"DatasetArn": _dataset_arn(t)}
    ),
    "rekognition:ListDatasetEntries": Trial(
        "rekognition", "list_dataset_entries", lambda t: {"DatasetArn": _dataset_arn(t)}
    ),
    "rekognition:UpdateDatasetEntries": Trial(
        "rekognition", "update_dataset_entries",
        lambda t: {"DatasetArn": _dataset_arn(t), "Changes": {"GroundTruth": b"{}"}},
    ),
    "s3:ListBucket": Trial("s3", "list_objects_v2", lambda t: {"Bucket": t.bucket, "MaxKeys": 1}),
    "s3:GetBucketAcl": Trial("s3", "get_bucket_acl", lambda t: {"Bucket": t.bucket}),
    "s3:GetBucketLocation": Trial("s3", "get_bucket_location", lambda t: {"Bucket": t.bucket}),
    "s3:GetObject": Trial("s3", "get_object", _object, NO_KEY),
    "s3:GetObjectAcl": Trial("s3", "get_object_acl", _object, NO_KEY),
    "s3:GetObjectTagging": Trial("s3", "get_object_tagging", _object, NO_KEY),
    "s3:GetObjectVersion": Trial(
        "s3", "get_object", lambda t: _object(t) | {"VersionId": "null"}, NO_KEY
    ),
    # The end of an upload that never began: PutObject is asked of IAM, nothing is written.
    "s3:PutObject": Trial(
        "s3", "complete_multipart_upload",
        lambda t: _object(t)
        | {"UploadId": PROBE, "MultipartUpload": {"Parts": [{"ETag": PROBE, "PartNumber": 1}]}},
        NO_UPLOAD,
    ),
    "s3:AbortMultipartUpload": Trial(
        "s3", "abort_multipart_upload", lambda t: _object(t) | {"UploadId": PROBE}, NO_UPLOAD
    ),
    # Conditional, so that a bucket with versions gets no delete marker.
    "s3:DeleteObject": Trial("s3", "delete_object", lambda t: _object(t) | {"IfMatch": "*"}, NO_KEY),
    "scheduler:GetScheduleGroup": Trial(
        "scheduler", "get_schedule_group", lambda t: {"Name": t.scope.group}
    ),
    "scheduler:ListSchedules": Trial(
        "scheduler", "list_schedules", lambda t: {"GroupName": t.scope.group, "MaxResults": 1}
    ),
    "scheduler:GetSchedule": Trial("scheduler", "get_schedule", _named_schedule),
    "scheduler:UpdateSchedule": Trial("scheduler", "update_schedule", _schedule),
    # The one trial that writes: AWS checks the role and its trust only for a schedule that it keeps.
    "scheduler:CreateSchedule": Trial(
        "scheduler", "create_schedule", _schedule, frozenset({"ConflictException"})
    ),
    "scheduler:DeleteSchedule": Trial("scheduler", "delete_schedule", _named_schedule),
    "iam:GetRole": Trial(
        "iam", "get_role", lambda t: {"RoleName": t.resource.rpartition("/")[2]}, frozenset({"NoSuchEntity"})
    ),
    "cloudwatch:GetMetricData": Trial("cloudwatch", "get_metric_data", _units),
    "ce:GetCostAndUsage": Trial("ce", "get_cost_and_usage", _costs, frozenset({"DataUnavailableException"})),
    "servicequotas:GetServiceQuota": Trial(
        "service-quotas", "get_service_quota", lambda _t: quota(RUNNING_MODELS),
        frozenset({"NoSuchResourceException"}),
    ),
}  # fmt: skip
"""In the order in which a bucket's, and a group's, are best asked."""

NOT_TRIED: Mapping[str, str] = {
    "cloudwatch:PutMetricData": _("It cannot be tried without writing a metric; the next one tells."),
    "iam:PassRole": _("Tried with scheduler:CreateSchedule, which hands the role over."),
    "sts:AssumeRole": _("Tried with everything else: the role's credentials are in use."),
}
PAID: Mapping[str, str] = {
    "ce:GetCostAndUsage": _("Each question to Cost Explorer costs 0.01 USD; it is asked with --paid."),
}
