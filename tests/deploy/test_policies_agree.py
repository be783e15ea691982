"""The stack's policies are those that `manage.py iam_policy` prints for the connection it is fed to."""

from __future__ import annotations

from typing import Any

import pytest

from models_registry.domain.iam_evaluation import Request, is_allowed
from models_registry.models import Connection, ModelVersion, Project
from models_registry.selectors.policies import Kind, Wanted, policies
from tests.deploy.amazon import Amazon, attached
from tests.deploy.template import Stack

ACCOUNT = "123456789012"
ARN = f"arn:aws:rekognition:ap-northeast-1:{ACCOUNT}:project/breads"
ADDRESS = {"PortalAddress": "https://kamado.example.com", "Projects": "breads"}
CONSOLE = "custom-labels-console-ap-northeast-1-abc"


def fed(amazon: Amazon, settings: Any, **parameters: str) -> tuple[Stack, Connection]:
    """Deploy, and feed the outputs to the settings and to a connection with one trained version."""
    stack = amazon.deploy(**ADDRESS, ModelBuckets=CONSOLE, **parameters)
    said = amazon.outputs()
    settings.PICTURES_BUCKET, settings.BUCKETS_DIR = said["SettingPicturesBucket"], None
    settings.CLOUDWATCH_NAMESPACE = said["SettingCloudwatchNamespace"]
    connection = Connection.objects.create(
        name="Tokyo", region=said["ConnectionRegion"], safety_stop=Connection.SafetyStop.REQUIRED,
        role_arn=said.get("ConnectionRoleArn", ""), external_id=said.get("ConnectionExternalId", ""),
        schedule_group=said["ConnectionScheduleGroup"], dead_letter_arn=said["ConnectionDeadLetterArn"],
        scheduler_role_arn=said["ConnectionSchedulerRoleArn"],
    )  # fmt: skip
    project = Project.objects.create(arn=f"{ARN}/1700000000000", name="breads", connection=connection)
    ModelVersion.objects.create(
        project=project, arn=f"{ARN}/version/v1/1700000000000", name="v1", status="STOPPED",
        summary_uri=f"s3://{CONSOLE}/evaluation/summary.json",
    )  # fmt: skip
    return stack, connection


def statements(*documents: dict[str, Any]) -> dict[str, Any]:
    """Return statements by their names, lists in order and single values as lists."""
    found = [each for document in documents for each in document["Statement"]]
    return {each["Sid"]: {key: _ordered(value) for key, value in each.items()} for each in found}


def _ordered(value: Any) -> Any:
    return value if isinstance(value, dict) else sorted([value] if isinstance(value, str) else value)


def printed(connection: Connection, kind: Kind, **said: Any) -> dict[str, Any]:
    """Return what the command prints."""
    (found,) = policies([connection], Wanted(only=kind, **said))
    return found.document


@pytest.mark.django_db
def test_stack_of_an_instance_is_what_the_command_prints(amazon: Amazon, settings: Any) -> None:
    _, connection = fed(amazon, settings)
    portal = attached(amazon, "kamado-portal-ap-northeast-1")
    assert statements(*portal) == statements(printed(connection, Kind.PORTAL))
    scheduler = attached(amazon, "kamado-scheduler-ap-northeast-1")
    assert statements(*scheduler) == statements(printed(connection, Kind.SCHEDULER))
    iam = amazon.client("iam")
    trust = iam.get_role(RoleName="kamado-scheduler-ap-northeast-1")["Role"]["AssumeRolePolicyDocument"]
    assert trust == printed(connection, Kind.SCHEDULER_TRUST)


@pytest.mark.django_db
def test_stack_for_a_portal_elsewhere_is_what_the_command_prints(amazon: Amazon, settings: Any) -> None:
    who = "arn:aws:iam::999999999999:role/kamado"
    _, connection = fed(
        amazon, settings, PortalRunsAs="account", PortalPrincipal=who, ExternalId="four-and-twenty"
    )
    portal = attached(amazon, "kamado-portal-ap-northeast-1")
    assert statements(*portal) == statements(printed(connection, Kind.ACCOUNT))
    iam = amazon.client("iam")
    trust = iam.get_role(RoleName="kamado-portal-ap-northeast-1")["Role"]["AssumeRolePolicyDocument"]
    assert trust == printed(connection, Kind.ACCOUNT_TRUST, principals=(who,))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "action", "resource", "may"),
    [
        ("scheduler", "rekognition:StopProjectVersion", f"{ARN}/version/v9/1800000000000", True),
        ("scheduler", "rekognition:StopProjectVersion", f"{ARN[:-6]}cakes/version/v1/1", False),
        ("scheduler", "rekognition:DeleteProjectVersion", f"{ARN}/version/v9/1800000000000", False),
        ("scheduler", "rekognition:DetectCustomLabels", f"{ARN}/version/v9/1800000000000", False),
        ("scheduler", "sqs:SendMessage", f"arn:aws:sqs:ap-northeast-1:{ACCOUNT}:another", False),
        ("portal", "rekognition:DetectCustomLabels", f"{ARN}/version/v9/1800000000000", True),
        ("portal", "rekognition:DeleteProject", f"{ARN}/1700000000000", False),
        ("portal", "s3:DeleteObject", f"arn:aws:s3:::kamado-pictures-{ACCOUNT}-ap-northeast-1/1.jpg", True),
        ("portal", "s3:DeleteObject", f"arn:aws:s3:::{CONSOLE}/evaluation/summary.json", False),
        ("portal", "s3:PutBucketPolicy", f"arn:aws:s3:::kamado-pictures-{ACCOUNT}-ap-northeast-1", False),
        ("portal", "scheduler:DeleteScheduleGroup", "*", False),
        ("portal", "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin", False),
    ],
)  # fmt: skip
def test_role_in_the_stack_may_do_its_own_work_only(
    amazon: Amazon, settings: Any, role: str, action: str, resource: str, may: bool
) -> None:
    fed(amazon, settings)
    held = attached(amazon, f"kamado-{role}-ap-northeast-1")
    assert is_allowed(held, Request(action, resource)) is may


@pytest.mark.django_db
def test_metrics_may_go_to_their_namespace_only(amazon: Amazon, settings: Any) -> None:
    fed(amazon, settings, MetricNamespace="Oven")
    held = attached(amazon, "kamado-portal-ap-northeast-1")
    for namespace, may in (("Oven", True), ("Kamado", False), ("AWS/Rekognition", False)):
        asked = Request("cloudwatch:PutMetricData", context={"cloudwatch:namespace": namespace})
        assert is_allowed(held, asked) is may
