"""Least privilege: what the gateways call is granted, and nothing is granted that nothing calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import botocore.session
from botocore import xform_name

from models_registry.domain.permissions import PORTAL, SCHEDULER

ROOT = Path(__file__).resolve().parents[2]
GATEWAYS = [
    *sorted((ROOT / "models_registry/gateways").glob("*.py")),
    *sorted((ROOT / "detections/gateways").glob("*.py")),
    *sorted((ROOT / "alerts/gateways").glob("*.py")),
]

PREFIXES = {"service-quotas": "servicequotas"}
# Operations whose action has another name. List… of S3 and the parts of an upload are named here too.
ACTIONS = {"s3:ListObjectsV2": "s3:ListBucket", "s3:HeadObject": "s3:GetObject"}
# Calls that no client's method shows, and why.
BY_HAND = {
    "iam:PassRole": "CreateSchedule and UpdateSchedule hand the scheduler its role",
    "sts:AssumeRole": "botocore's fetcher of an assumed role's credentials",
    "s3:PutObject": "S3Storage.save: upload_fileobj, and a presigned POST by the browser",
    "s3:AbortMultipartUpload": "S3Storage.save: what upload_fileobj began and could not finish",
    "s3:GetObject": "S3Storage.open and url: HeadObject, GetObject and presigned addresses",
    "s3:DeleteObject": "Bucket.delete_objects",
    "s3:ListBucket": "without it a picture that is gone answers 403 instead of 404",
}
# What pictures ask of the storage; whoever adds a call here says above which action it needs.
STORAGE_CALLS = {"save", "save_whole", "open", "delete", "url", "delete_objects", "generate_presigned_post"}
# Nobody needs a permission to learn who they are.
FREE = {"sts:GetCallerIdentity"}
# Granted for what is on its way into the code; empty again when it calls them.
AWAITED: set[str] = set()


def operations_of(service: str) -> dict[str, str]:
    """Name a client's methods by their operations' actions."""
    model = botocore.session.get_session().get_service_model(service)
    named = {xform_name(name): f"{PREFIXES.get(service, service)}:{name}" for name in model.operation_names}
    return {method: ACTIONS.get(action, action) for method, action in named.items()}


def services_in(tree: ast.Module) -> Iterator[str]:
    """Find the services whose clients a module makes, or whose calls it hands to AwsRekognition."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "client":
            yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))
        if isinstance(node, ast.ImportFrom) and any(each.name == "AwsRekognition" for each in node.names):
            yield "rekognition"


def called_in(source: str) -> set[str]:
    """Find every action that a module may call: methods by name, and operations named in texts."""
    tree = ast.parse(source)
    methods: dict[str, str] = {}
    for service in set(services_in(tree)):
        methods |= operations_of(service)
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    named |= {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {methods[name] for name in named if name in methods}


def called() -> set[str]:
    found = {action for path in GATEWAYS for action in called_in(path.read_text(encoding="utf-8"))}
    return (found | set(BY_HAND) | asked_by_check()) - FREE


def asked_by_check() -> set[str]:
    """Find the questions that the check asks by name: `look.ask("service", "operation", …)`."""
    tree = ast.parse((ROOT / "models_registry/services/access_check.py").read_text(encoding="utf-8"))
    asked = [
        node.args[:2]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "ask"
    ]
    named = [pair for pair in asked if all(isinstance(each, ast.Constant) for each in pair)]
    texts = [[str(ast.literal_eval(each)) for each in pair] for pair in named]
    return {operations_of(service)[operation] for service, operation in texts}


def granted(is_by_aws: bool | None = None) -> set[str]:
    chosen = [each for each in PORTAL if is_by_aws is None or each.is_by_aws is is_by_aws]
    return {action for each in chosen for action in each.actions}


def test_walk_finds_methods_paginators_and_named_operations() -> None:
    source = (
        "client = session.client('s3')\n"
        "client.get_object(Bucket=1)\n"
        "client.get_paginator('list_objects_v2')\n"
        "session.client('scheduler').delete_schedule_group()\n"
    )
    assert called_in(source) == {"s3:GetObject", "s3:ListBucket", "scheduler:DeleteScheduleGroup"}


def test_every_action_that_the_code_calls_is_granted() -> None:
    assert called() - granted() == set()


def test_nothing_is_granted_that_nothing_calls() -> None:
    assert granted(is_by_aws=False) - called() == AWAITED
    assert called() & AWAITED == set()


def test_boto3_is_imported_in_gateways_alone() -> None:
    found = {
        path.relative_to(ROOT).parts[1]
        for app in ("alerts", "detections", "models_registry", "portal", "stores")
        for path in (ROOT / app).rglob("*.py")
        if "import boto3" in path.read_text(encoding="utf-8")
    }
    assert found == {"gateways"}


def test_pictures_ask_the_storage_nothing_that_is_not_accounted_for() -> None:
    tree = ast.parse((ROOT / "detections/gateways/picture_files.py").read_text(encoding="utf-8"))
    asked = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func).startswith(("storage.", "storages["))
    }  # fmt: skip
    assert asked == STORAGE_CALLS


def test_every_action_is_one_of_aws() -> None:
    known: set[str] = set()
    for service in (
        "rekognition",
        "s3",
        "scheduler",
        "iam",
        "cloudwatch",
        "ce",
        "service-quotas",
        "sts",
        "sqs",
    ):
        known |= set(operations_of(service).values())
    # Actions that are no operations (Service Authorization Reference, S3 and IAM).
    known |= {"iam:PassRole", "s3:GetObjectVersion"}
    assert (granted() | {each for grant in SCHEDULER for each in grant.actions}) - known == set()
