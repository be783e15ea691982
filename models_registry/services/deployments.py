"""Deployments: make them, point them at a version, give them stores."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction

from models_registry.domain.arns import parse_version_arn
from models_registry.domain.promotion import OVER
from models_registry.domain.status import HOLDS_A_SLOT, UNUSABLE, VersionStatus
from models_registry.models import Assignment, Deployment, ModelVersion, Promotion, Run
from stores.domain.sentences import Refusal
from stores.models import Store


class InvalidDeployment(Refusal):
    """A deployment that AWS or the rules of the house would refuse."""

    code = "invalid_deployment"


def check_deployment(deployment: Deployment) -> None:
    """Raise InvalidDeployment, saying what to do, unless units and version fit the connection."""
    connection = deployment.connection
    most = max(deployment.min_inference_units, deployment.max_inference_units or 0)
    if most > connection.max_inference_units:
        raise InvalidDeployment(
            "%(units)s inference units are more than the %(quota)s that %(connection)s allows a model. Ask "
            "AWS for a higher quota, or use fewer.",
            units=most,
            quota=connection.max_inference_units,
            connection=connection.name,
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
            "%(version)s belongs to %(theirs)s, the deployment to %(ours)s.",
            version=version,
            theirs=version.project.connection,
            ours=deployment.connection,
        )
    if version.gone_at is not None or VersionStatus(version.status) in UNUSABLE:
        raise InvalidDeployment(
            "%(version)s cannot be started: AWS says %(status)s.", version=version, status=version.status
        )
    other = Deployment.objects.filter(live_version=version).exclude(pk=deployment.pk).first()
    if other is not None:
        raise InvalidDeployment(
            "%(version)s is already live for “%(other)s”. Let the stores share that one.",
            version=version,
            other=other,
        )
    moving = Promotion.objects.filter(new_version=version).exclude(state__in=sorted(OVER))
    elsewhere = moving.exclude(deployment_id=deployment.pk).select_related("deployment").first()
    if elsewhere is not None:
        raise InvalidDeployment(
            "%(version)s is on its way to “%(other)s”. Wait for its end, or cancel it there.",
            version=version,
            other=elsewhere.deployment,
        )


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
                "%(store)s is already served by “%(other)s”. A store has one live deployment: take it out "
                "there first, or move it.",
                store=chosen[first.store_id],
                other=first.deployment,
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


def remove_deployment(*, deployment: Deployment) -> bool:
    """Delete a deployment that has never run; empty one that has, and tell whether it was deleted.

    Runs and the money computed from them stay in the books: such a deployment loses its stores and its
    version, and never starts again. Refused while its model is on.
    """
    with transaction.atomic():
        locked = Deployment.objects.select_for_update(of=("self",)).get(pk=deployment.pk)
        live = locked.live_version
        is_on = live is not None and live.gone_at is None and VersionStatus(live.status) in HOLDS_A_SLOT
        if is_on or Run.objects.filter(deployment=locked, ended_at__isnull=True).exists():
            raise InvalidDeployment(
                "“%(name)s” is running. Stop it first: set “Keep stopped”, and wait until it is off.",
                name=locked.name,
            )
        if not Run.objects.filter(deployment=locked).exists():
            locked.delete()
            return True
        locked.assignments.all().delete()
        locked.live_version = None
        locked.save(update_fields=["live_version"])
    return False
