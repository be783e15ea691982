"""CreateProjectVersion and CopyProjectVersion: the two ways a version comes into being."""

from typing import Any
from uuid import uuid4

from rekognition_local.arns import version_arn
from rekognition_local.errors import in_use, invalid_parameter, limit_exceeded, quota_exceeded
from rekognition_local.operations.call import Call, find_project, find_usable_project, find_version
from rekognition_local.statuses import USABLE_DATASETS, DatasetType, Feature, VersionStatus
from rekognition_local.storage.records import Facts, NewVersion, Project, Version
from rekognition_local.training.hand import KIND as TRAINING
from rekognition_local.transitions import Act, require_allowed


def create_project_version(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    _require_training_parameters(request)
    project = find_usable_project(call, request["ProjectArn"])
    _require_custom_labels(project)
    _require_room_for(call, project, request["VersionName"])
    limit = call.settings.quotas.training_jobs
    if call.store.versions.count_in_status(call.region, VersionStatus.TRAINING_IN_PROGRESS) >= limit:
        raise limit_exceeded(f"The account has its {limit} trainings in progress already.")
    inputs = training_inputs(call, project, request)
    arn = version_arn(project=project.arn, name=request["VersionName"], created_ms=call.at_ms)
    lasts_ms = call.settings.status_durations.training.draw(seed=call.settings.seed, key=f"training:{arn}")
    call.store.versions.add(
        NewVersion(
            project_id=project.id,
            region=call.region,
            name=request["VersionName"],
            arn=arn,
            status=VersionStatus.TRAINING_IN_PROGRESS,
            created_ms=call.at_ms,
            facts=trained_facts(request),
        )
    )
    call.store.tags.put(arn, request.get("Tags", {}))
    spec = training_spec(request, inputs)
    call.store.jobs.add(
        kind=TRAINING, region=call.region, subject_arn=arn, spec=spec, due_ms=call.at_ms + lasts_ms
    )
    return {"ProjectVersionArn": arn}


def copy_project_version(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Copy within the account and region.

    Copies into other accounts need project policies, which are not here.
    """
    source_project = find_project(call, request["SourceProjectArn"])
    source = find_version(call, request["SourceProjectVersionArn"])
    if source.project_id != source_project.id:
        raise invalid_parameter("SourceProjectVersionArn is not a version of SourceProjectArn.")
    destination = find_usable_project(call, request["DestinationProjectArn"])
    _require_custom_labels(destination)
    require_allowed(Act.COPY, source.status, arn=source.arn)
    _require_room_for(call, destination, request["VersionName"])
    arn = version_arn(project=destination.arn, name=request["VersionName"], created_ms=call.at_ms)
    lasts_ms = call.settings.status_durations.copy.draw(seed=call.settings.seed, key=f"copy:{arn}")
    call.store.versions.add(
        NewVersion(
            project_id=destination.id,
            region=call.region,
            name=request["VersionName"],
            arn=arn,
            status=VersionStatus.COPYING_IN_PROGRESS,
            created_ms=call.at_ms,
            facts=_copied_facts(request, source),
            model=source.model,
            next_status=VersionStatus.COPYING_COMPLETED,
            next_at_ms=call.at_ms + lasts_ms,
        )
    )
    call.store.tags.put(arn, request.get("Tags", {}))
    return {"ProjectVersionArn": arn}


def _require_training_parameters(request: dict[str, Any]) -> None:
    if ("TrainingData" in request) != ("TestingData" in request):
        raise invalid_parameter("TrainingData and TestingData must be given both, or neither.")
    if "TestingData" in request and ("Assets" in request["TestingData"]) == request["TestingData"].get(
        "AutoCreate", False
    ):
        raise invalid_parameter("TestingData must have either Assets or AutoCreate.")
    if "FeatureConfig" in request:
        raise invalid_parameter("FeatureConfig is for projects of the feature CONTENT_MODERATION only.")


def _require_custom_labels(project: Project) -> None:
    if project.feature != Feature.CUSTOM_LABELS:
        raise invalid_parameter(
            f"{project.arn} is a {project.feature} project; only CUSTOM_LABELS is carried here."
        )


def _require_room_for(call: Call, project: Project, name: str) -> None:
    if call.store.versions.by_name(project.id, name):
        raise in_use(f"The project {project.arn} has a version named {name} already.")
    limit = call.settings.quotas.models_per_project
    if call.store.versions.count_in_project(project.id) >= limit:
        raise quota_exceeded(f"The project {project.arn} has its {limit} models already.")


def training_inputs(call: Call, project: Project, request: dict[str, Any]) -> dict[str, Any]:
    """What is learnt and what is tested: `{"train": side, "test": side}`.

    A side is {"dataset": arn}, {"assets": [{"bucket", "key"}, ...]} or, to test, {"is_split": true}: a
    fifth of the training side is put aside. So it is in a project without a test dataset.
    """
    datasets = {dataset.type: dataset for dataset in call.store.datasets.of_project(project.id)}
    if "TrainingData" in request:
        if datasets:
            raise invalid_parameter(
                f"{project.arn} has datasets; TrainingData and TestingData are for projects without."
            )
        return given_inputs(request)
    if DatasetType.TRAIN not in datasets:
        raise invalid_parameter(
            f"{project.arn} has no training dataset: create one, or give TrainingData and TestingData."
        )
    for dataset in datasets.values():
        if dataset.status not in USABLE_DATASETS:
            raise in_use(f"The dataset {dataset.arn} is {dataset.status}; wait until that has ended well.")
    test_dataset = datasets.get(DatasetType.TEST)
    return {
        "train": {"dataset": datasets[DatasetType.TRAIN].arn},
        "test": {"dataset": test_dataset.arn} if test_dataset else {"is_split": True},
    }


def given_inputs(request: dict[str, Any]) -> dict[str, Any]:
    """The same of TrainingData and TestingData."""
    test = request["TestingData"]
    return {
        "train": {"assets": _assets(request["TrainingData"])},
        "test": {"is_split": True} if test.get("AutoCreate") else {"assets": _assets(test)},
    }


def training_spec(request: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """A training as it is written down. Its folder is new each time, so nothing old is found in it."""
    output = request["OutputConfig"]
    place = {"bucket": output.get("S3Bucket", ""), "prefix": output.get("S3KeyPrefix", "")}
    return {"folder": uuid4().hex, "output": place, **inputs}


def _assets(data: dict[str, Any]) -> list[dict[str, str]]:
    """The manifests of TrainingData or TestingData. One at least, each with its place."""
    places = [asset.get("GroundTruthManifest", {}).get("S3Object", {}) for asset in data.get("Assets", [])]
    if not places or not all(place.get("Bucket") and place.get("Name") for place in places):
        raise invalid_parameter("At least one asset is needed, each with the bucket and name of a manifest.")
    return [{"bucket": place["Bucket"], "key": place["Name"]} for place in places]


def trained_facts(request: dict[str, Any]) -> Facts:
    """What a description repeats of the request for ever."""
    facts = _kept(request, "OutputConfig", "KmsKeyId", "VersionDescription")
    if "TrainingData" in request:
        facts["TrainingDataResult"] = {"Input": request["TrainingData"]}
        facts["TestingDataResult"] = {"Input": request["TestingData"]}
    return facts


def _copied_facts(request: dict[str, Any], source: Version) -> Facts:
    facts = _kept(request, "OutputConfig", "KmsKeyId") | _kept(source.facts, "VersionDescription", "Outcome")
    facts["SourceProjectVersionArn"] = source.arn
    return facts


def _kept(members: dict[str, Any], *names: str) -> Facts:
    return {name: members[name] for name in names if name in members}
