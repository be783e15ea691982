"""What alerts are about, by name, zone and scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from alerts.domain.wanted import Ref, Subject
from detections.models import ApiKey
from models_registry.models import Assignment, Connection, Deployment, ModelVersion
from models_registry.selectors.metrics import chain_zone
from stores.models import Area, Store


@dataclass(frozen=True, slots=True)
class Named:
    """How a subject is called, by which clock it is told of, and the columns that point at it."""

    name: str
    timezone: str
    columns: dict[str, int]


def named(refs: Iterable[Ref]) -> dict[Ref, Named]:
    """Return the subjects that still exist; at most two queries a kind of subject."""
    by_subject: dict[Subject, list[int]] = defaultdict(list)
    for ref in refs:
        by_subject[ref.subject].append(ref.pk)
    found: dict[Ref, Named] = {}
    for subject, pks in by_subject.items():
        for pk, each in READERS[subject](pks).items():
            found[Ref(subject, pk)] = each
    return found


def _fleet(pks: list[int]) -> dict[int, Named]:
    return {0: Named("", chain_zone(), {})}


def _connections(pks: list[int]) -> dict[int, Named]:
    zone = chain_zone()
    found = Connection.objects.filter(pk__in=pks)
    return {each.pk: Named(each.name, zone, {"connection_id": each.pk}) for each in found}


def _areas(pks: list[int]) -> dict[int, Named]:
    zone = chain_zone()
    return {each.pk: Named(each.name, zone, {"area_id": each.pk}) for each in Area.objects.filter(pk__in=pks)}


def _stores(pks: list[int]) -> dict[int, Named]:
    found = Store.objects.filter(pk__in=pks)
    return {each.pk: Named(str(each), each.timezone, {"store_id": each.pk}) for each in found}


def _deployments(pks: list[int]) -> dict[int, Named]:
    rows = Assignment.objects.filter(deployment_id__in=pks).order_by("-store__code")
    zones = dict(rows.values_list("deployment_id", "store__timezone"))
    return {
        each.pk: Named(
            each.name,
            zones.get(each.pk, "UTC"),
            {"deployment_id": each.pk, "connection_id": each.connection_id},
        )
        for each in Deployment.objects.filter(pk__in=pks)
    }


def _versions(pks: list[int]) -> dict[int, Named]:
    zone = chain_zone()
    found = ModelVersion.objects.filter(pk__in=pks).select_related("project")
    return {
        each.pk: Named(str(each), zone, {"version_id": each.pk, "connection_id": each.project.connection_id})
        for each in found
    }


def _keys(pks: list[int]) -> dict[int, Named]:
    found = ApiKey.objects.filter(pk__in=pks).select_related("store")
    return {
        each.pk: Named(
            f"{each.store}: {each}", each.store.timezone, {"api_key_id": each.pk, "store_id": each.store_id}
        )
        for each in found
    }


READERS: dict[Subject, Callable[[list[int]], dict[int, Named]]] = {
    Subject.FLEET: _fleet,
    Subject.CONNECTION: _connections,
    Subject.AREA: _areas,
    Subject.STORE: _stores,
    Subject.DEPLOYMENT: _deployments,
    Subject.VERSION: _versions,
    Subject.KEY: _keys,
}
