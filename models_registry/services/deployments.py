"""Deployments: make them, point them at a version, give them stores."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction

from models_registry.domain.arns import parse_version_arn
from models_registry.domain.status import UNUSABLE, VersionStatus
from models_registry.models import Assignment, Deployment, ModelVersion
from portal.base.errors import InvalidInput
from stores.models import Store


class InvalidDeployment(InvalidInput):
    """A deployment that AWS or the rules of the house would refuse."""

    code = "invalid_deployment"


def check_deployment(deployment: Deployment) -> None:
    """Raise InvalidDeployment, saying what to do, unless units and version fit the connection."""
    connection = deployment.connection
    most = max(deployment.min_inference_units, deployment.max_inference_units or 0)
    if most > connection.max_inference_units:
        raise InvalidDeployment(
            f"{most} inference units are more than the {connection.max_inference_units} that "
            f"{connection.name} allows a model. Ask AWS for a higher quota, or use fewer."
        )
    if deployment.max_inference_units and deployment.max_inference_units < deployment.min_inference_units:
        raise InvalidDeployment("“Scale up to” must not be below the inference units it starts with.")
    if deployment.live_version is not None:
        check_version(deployment.live_version, deployment)


def check_version(version: ModelVersion, deployment: Deployment) -> None:
    """Raise unless a version lies in the deployment's account and region and can be started."""
    parse_version_arn(version.arn, region=deployment.connection.region)
    if version.project.connection_id != deployment.connection_id:
        raise InvalidDeployment(
            f"{version} belongs to {version.project.connection}, the deployment to {deployment.connection}."
        )
    if version.gone_at is not None or VersionStatus(version.status) in UNUSABLE:
        raise InvalidDeployment(f"{version} cannot be started: AWS says {version.status}.")
    other = Deployment.objects.filter(live_version=version).exclude(pk=deployment.pk).first()
    if other is not None:
        raise InvalidDeployment(f"{version} is already live for “{other}”. Let the stores share that one.")


def save_deployment(deployment: Deployment) -> Deployment:
    """Check and write a deployment, new or changed."""
    check_deployment(deployment)
    deployment.save()
    return deployment


def assign_stores(*, deployment: Deployment, stores: Iterable[Store], move: bool = False) -> int:
    """Let a deployment serve stores; a store that another one serves is refused unless `move`.

    Returns how many are new to it. All or nothing.
    """
    chosen = {store.pk: store for store in stores}
    taken = (
        Assignment.objects.filter(store__in=chosen)
        .exclude(deployment=deployment)
        .select_related("deployment")
    )
    with transaction.atomic():
        if move:
            taken.delete()
        elif (first := taken.first()) is not None:
            raise InvalidDeployment(
                f"{chosen[first.store_id]} is already served by “{first.deployment}”. A store has one live "
                "deployment: take it out there first, or move it."
            )
        known = set(deployment.assignments.values_list("store_id", flat=True))
        rows = [
            Assignment(deployment=deployment, store=store) for pk, store in chosen.items() if pk not in known
        ]
        try:
            Assignment.objects.bulk_create(rows, batch_size=1_000)
        except IntegrityError as error:
            raise InvalidDeployment(
                "Another person has just assigned one of these stores. Look again."
            ) from error
    return len(rows)


def unassign_stores(*, deployment: Deployment, stores: Iterable[Store]) -> int:
    """Take stores out of a deployment; return how many were in it."""
    gone, _ = deployment.assignments.filter(store__in=list(stores)).delete()
    return gone
