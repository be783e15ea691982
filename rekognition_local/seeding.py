"""Making projects and versions at a stroke, ready to be started, for demonstrations and benches.

    {"region": "ap-northeast-1",
     "projects": [{"name": "breads", "created_at": "2026-01-05T00:00:00Z", "tags": {"chain": "komugi"},
                   "versions": [{"name": "v1", "created_at": "2026-01-06T00:00:00Z", "training_seconds": 3600,
                                 "description": "First model", "status": "TRAINING_COMPLETED", "tags": {}}]}]}

`versions` may be a number instead: that many, named v1, v2, ... Only names are required; created_at is now by
default, the status TRAINING_COMPLETED. What exists by name already is left as it is, so seeding twice is
harmless. Quotas do not apply, the rules for names and tags do.
"""

import re
from typing import Any

from rekognition_local.arns import project_arn, version_arn
from rekognition_local.buckets import S3Place
from rekognition_local.errors import ControlError, ServiceError
from rekognition_local.instants import from_iso
from rekognition_local.operations.making import given_inputs, trained_facts, training_spec
from rekognition_local.status_setting import set_status
from rekognition_local.statuses import Feature, VersionStatus
from rekognition_local.storage.records import NewVersion, Project
from rekognition_local.storage.store import Store
from rekognition_local.training.hand import KIND as TRAINING
from rekognition_local.wire.requests import request_reader

_PROJECT_MEMBERS = frozenset({"name", "created_at", "tags", "versions"})
_VERSION_MEMBERS = frozenset(
    {"name", "created_at", "tags", "training_seconds", "description", "status", "training_manifest"}
    | {"testing_manifest", "output"}
)
_REGION = re.compile(r"[a-z0-9-]+")
_OUTPUT_CONFIG = {"S3Bucket": "rekognition-local-output", "S3KeyPrefix": "seeded"}


def seed(store: Store, body: dict[str, Any], *, account: str, at_ms: int) -> dict[str, Any]:
    """Make what the body lists and return the ARNs: {"projects": [{"arn", "versions": [arn, ...]}]}."""
    region, projects = body.get("region"), body.get("projects")
    if not isinstance(region, str) or not _REGION.fullmatch(region) or not isinstance(projects, list):
        raise ControlError('The body must be {"region": "<region>", "projects": [...]}.')
    made = []
    try:
        for item in projects:
            _require_members(item, _PROJECT_MEMBERS)
            project = _seeded_project(store, item, region=region, account=account, at_ms=at_ms)
            versions = [
                _seeded_version(store, project, version, at_ms=at_ms)
                for version in _listed(item.get("versions", []))
            ]
            made.append({"arn": project.arn, "versions": versions})
    except ServiceError as error:
        raise ControlError(error.message) from error
    return {"projects": made}


def _listed(versions: Any) -> list[Any]:
    if isinstance(versions, int):
        return [{"name": f"v{number}"} for number in range(1, versions + 1)]
    if isinstance(versions, list):
        return versions
    raise ControlError("versions must be a list of versions, or how many to make.")


def _seeded_project(store: Store, item: dict[str, Any], *, region: str, account: str, at_ms: int) -> Project:
    request = request_reader("CreateProject")({"ProjectName": item.get("name"), "Tags": item.get("tags")}, "")
    name, created_ms = request["ProjectName"], _created_ms(item, at_ms)
    project = store.projects.by_name(region, name)
    if project is None:
        arn = project_arn(region=region, account=account, name=name, created_ms=created_ms)
        project = store.projects.add(
            region=region,
            name=name,
            arn=arn,
            feature=Feature.CUSTOM_LABELS,
            auto_update=None,
            created_ms=created_ms,
        )
        store.tags.put(arn, request.get("Tags", {}))
    return project


def _seeded_version(store: Store, project: Project, item: Any, *, at_ms: int) -> str:
    """Write one version as if trained in the past, and return its ARN."""
    _require_members(item, _VERSION_MEMBERS)
    request = _checked_version(project, item)
    name, created_ms = request["VersionName"], _created_ms(item, at_ms)
    existing = store.versions.by_name(project.id, name)
    if existing:
        return existing.arn
    training_seconds = item.get("training_seconds", 0)
    if not isinstance(training_seconds, int) or training_seconds < 0:
        raise ControlError("training_seconds must be a whole number, 0 or more.")
    arn = version_arn(project=project.arn, name=name, created_ms=created_ms)
    learns, ends_ms = "TrainingData" in request, created_ms + training_seconds * 1000
    store.versions.add(
        NewVersion(
            project_id=project.id,
            region=project.region,
            name=name,
            arn=arn,
            status=VersionStatus.TRAINING_IN_PROGRESS if learns else VersionStatus.TRAINING_COMPLETED,
            created_ms=created_ms,
            facts=trained_facts(request),
            training_end_ms=None if learns else ends_ms,
        )
    )
    store.tags.put(arn, request.get("Tags", {}))
    if learns:
        spec = {**training_spec(request, given_inputs(request)), "is_seeded": True}
        store.jobs.add(kind=TRAINING, region=project.region, subject_arn=arn, spec=spec, due_ms=ends_ms)
    if "status" in item:
        set_status(store, arn=arn, status=str(item["status"]), at_ms=at_ms)
    return arn


def _checked_version(project: Project, item: dict[str, Any]) -> dict[str, Any]:
    request = {
        "ProjectArn": project.arn,
        "VersionName": item.get("name"),
        "OutputConfig": _place(item["output"], "S3KeyPrefix") if "output" in item else _OUTPUT_CONFIG,
        "VersionDescription": item.get("description"),
        "Tags": item.get("tags"),
    }
    manifests = [item.get("training_manifest"), item.get("testing_manifest")]
    if any(manifests):
        request["TrainingData"], request["TestingData"] = (
            {"Assets": [{"GroundTruthManifest": {"S3Object": _place(uri, "Name")}}]} for uri in manifests
        )
    checked: dict[str, Any] = request_reader("CreateProjectVersion")(request, "")
    return checked


def _place(uri: Any, key: str) -> dict[str, str]:
    try:
        place = S3Place.parse(str(uri))
    except ValueError as error:
        raise ControlError(f"{error} Manifests come in pairs, for training and for testing.") from None
    return {"S3Bucket" if key == "S3KeyPrefix" else "Bucket": place.bucket, key: place.key}


def _created_ms(item: dict[str, Any], at_ms: int) -> int:
    return from_iso(str(item["created_at"])) if "created_at" in item else at_ms


def _require_members(item: Any, known: frozenset[str]) -> None:
    if not isinstance(item, dict):
        raise ControlError("Every project and every version must be an object with a name.")
    if unknown := sorted(set(item) - known):
        raise ControlError(f"Not known here: {', '.join(unknown)}. Known: {', '.join(sorted(known))}.")
