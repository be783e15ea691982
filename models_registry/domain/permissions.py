"""Every action of AWS that the portal can call, and on what.

Sources: Service Authorization Reference of each service; Custom Labels developer guide, “Identity-based
policies” and “Set up SDK permissions” (a training reads and writes S3 with its caller's permissions), with
the S3 actions of the managed policy AmazonRekognitionCustomLabelsFullAccess.
`tests/models_registry/test_policies.py` walks the gateways and holds this list to what they call.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

NAMESPACE = "Kamado"
"""The CloudWatch namespace of the portal's own metrics."""


class Feature(StrEnum):
    """What the portal does with AWS; a policy holds what is in use."""

    DAY_LOOP = "day-loop"
    DETECTION = "detection"
    TRAINING = "training"
    OBJECTS = "objects"
    PICTURES = "pictures"
    SCHEDULES = "schedules"
    METERING = "metering"
    COSTS = "costs"
    METRICS = "metrics"
    QUOTAS = "quotas"
    OTHER_ACCOUNTS = "other-accounts"


class Form(StrEnum):
    """What a statement's resources look like; `models_registry.domain.iam.resources` writes them out."""

    ANY = "any"
    """The action knows no resources."""
    PROJECT = "project"
    """A project with its versions and datasets, of whatever number."""
    BUCKET = "bucket"
    OBJECT = "object"
    """Buckets that are only read."""
    PICTURES_BUCKET = "pictures-bucket"
    PICTURES_OBJECT = "pictures-object"
    """The bucket of the portal's own pictures."""
    SCHEDULE = "schedule"
    GROUP = "group"
    SCHEDULER_ROLE = "scheduler-role"
    PASSED_ROLE = "passed-role"
    """The scheduler's role, handed to the scheduler and to nobody else."""
    NAMESPACE = "namespace"
    """Any resource, but only the portal's own namespace."""
    QUEUE = "queue"
    ASSUMED_ROLE = "assumed-role"


@dataclass(frozen=True, slots=True)
class Grant:
    """A statement of a policy: the actions that one feature needs on one form of resource."""

    sid: str
    feature: Feature
    form: Form
    actions: tuple[str, ...]
    is_by_aws: bool = False
    """Called by AWS in our name, not by our code."""


DAY_LOOP = (
    "rekognition:DescribeProjectVersions",
    "rekognition:StartProjectVersion",
    "rekognition:StopProjectVersion",
)
"""What starts, stops and watches models: the article's three actions."""

PORTAL: tuple[Grant, ...] = (
    Grant("ListProjects", Feature.DAY_LOOP, Form.ANY, ("rekognition:DescribeProjects",)),
    Grant("RunModels", Feature.DAY_LOOP, Form.PROJECT, DAY_LOOP),
    Grant("LookAtPhotos", Feature.DETECTION, Form.PROJECT, ("rekognition:DetectCustomLabels",)),
    Grant(
        "Train", Feature.TRAINING, Form.PROJECT,
        (
            "rekognition:CreateDataset",
            "rekognition:CreateProjectVersion",
            "rekognition:DescribeDataset",
            "rekognition:ListDatasetEntries",
            "rekognition:UpdateDatasetEntries",
        ),
    ),
    Grant(
        "TrainingFindsBucket", Feature.TRAINING, Form.PICTURES_BUCKET,
        ("s3:GetBucketAcl", "s3:GetBucketLocation", "s3:ListBucket"), is_by_aws=True,
    ),
    Grant(
        "TrainingUsesPictures", Feature.TRAINING, Form.PICTURES_OBJECT,
        ("s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:PutObject"),
        is_by_aws=True,
    ),
    Grant("FindObjects", Feature.OBJECTS, Form.BUCKET, ("s3:ListBucket",)),
    Grant("ReadObjects", Feature.OBJECTS, Form.OBJECT, ("s3:GetObject",)),
    Grant("FindPictures", Feature.PICTURES, Form.PICTURES_BUCKET, ("s3:ListBucket",)),
    Grant(
        "KeepPictures", Feature.PICTURES, Form.PICTURES_OBJECT,
        ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"),
    ),
    Grant(
        "KeepSchedules", Feature.SCHEDULES, Form.SCHEDULE,
        (
            "scheduler:CreateSchedule",
            "scheduler:DeleteSchedule",
            "scheduler:GetSchedule",
            "scheduler:UpdateSchedule",
        ),
    ),
    Grant("ListSchedules", Feature.SCHEDULES, Form.ANY, ("scheduler:ListSchedules",)),
    Grant("SeeScheduleGroup", Feature.SCHEDULES, Form.GROUP, ("scheduler:GetScheduleGroup",)),
    Grant("HandRoleToScheduler", Feature.SCHEDULES, Form.PASSED_ROLE, ("iam:PassRole",)),
    Grant("ReadSchedulerTrust", Feature.SCHEDULES, Form.SCHEDULER_ROLE, ("iam:GetRole",)),
    Grant("CountUnits", Feature.METERING, Form.ANY, ("cloudwatch:GetMetricData",)),
    Grant("ReadCosts", Feature.COSTS, Form.ANY, ("ce:GetCostAndUsage",)),
    Grant("PublishMetrics", Feature.METRICS, Form.NAMESPACE, ("cloudwatch:PutMetricData",)),
    Grant("ReadQuotas", Feature.QUOTAS, Form.ANY, ("servicequotas:GetServiceQuota",)),
    Grant("UseOtherAccounts", Feature.OTHER_ACCOUNTS, Form.ASSUMED_ROLE, ("sts:AssumeRole",)),
)  # fmt: skip
"""What the portal's own identity, or the role it assumes in an account, may do."""

SCHEDULER: tuple[Grant, ...] = (
    Grant("RunModels", Feature.SCHEDULES, Form.PROJECT, DAY_LOOP),
    Grant("KeepDeadLetters", Feature.SCHEDULES, Form.QUEUE, ("sqs:SendMessage",)),
)
"""What the role of the schedules may do: the article's policy, and its dead letters."""


def grants(features: frozenset[Feature]) -> tuple[Grant, ...]:
    """Return what the portal needs for some features."""
    return tuple(each for each in PORTAL if each.feature in features)
