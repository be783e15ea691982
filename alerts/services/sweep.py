"""The sweep: look, compare with what stands, write what differs. One missed or doubled changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from alerts.domain.kinds import RULES, Kind, Pace
from alerts.domain.wanted import Changes, Ref, Standing, Wanted, compare, has_lasted
from alerts.models import Alert
from alerts.selectors.providers import providers_of
from alerts.selectors.subjects import Named, named


@dataclass(slots=True)
class SweepReport:
    """What a sweep wrote: numbers for one log line."""

    opened: int = 0
    rung: int = 0
    ended: int = 0

    @property
    def has_news(self) -> bool:
        return bool(self.opened or self.rung or self.ended)


def sweep(pace: Pace, *, at: datetime) -> SweepReport:
    """Look at everything of one beat and bring the alerts of its kinds into line."""
    report = SweepReport()
    for provider in providers_of(pace):
        settle(provider.look(at), kinds=provider.kinds, at=at, report=report)
    return report


def settle(
    wanted: Iterable[Wanted], *, kinds: frozenset[Kind], at: datetime, report: SweepReport | None = None
) -> SweepReport:
    """Bring the alerts of some kinds into line with the wanted set; one query when nothing differs."""
    report = report or SweepReport()
    changes = compare(wanted, _standing(kinds), at=at)
    if changes == Changes():
        return report
    names = named([each.ref for each in changes.opened]) if changes.opened else {}
    with transaction.atomic():
        _open([each for each in changes.opened if each.ref in names], names, at)
        for pk, each in changes.changed:
            standing = Alert.objects.filter(pk=pk, ended_at__isnull=True)
            standing.update(cause=each.cause, group=each.group, params=dict(each.params))
        _still(changes.rung).update(rang_at=at)
        _still(changes.ended).update(ended_at=at)
        _still(changes.forgotten).filter(rang_at__isnull=True).delete()
    report.opened += len(changes.opened)
    report.rung += len(changes.rung)
    report.ended += len(changes.ended)
    return report


def _still(pks: list[int]) -> QuerySet[Alert]:
    return Alert.objects.filter(pk__in=pks, ended_at__isnull=True)


def _standing(kinds: frozenset[Kind]) -> list[Standing]:
    rows = Alert.objects.filter(kind__in=sorted(kinds), ended_at__isnull=True).order_by("id")
    fields = ("pk", "kind", "subject", "noticed_at", "rang_at", "group", "params")
    return [
        Standing(pk, (kind, subject), noticed_at, rang_at is not None, group, params)
        for pk, kind, subject, noticed_at, rang_at, group, params in rows.values_list(*fields)
    ]


def _open(opened: list[Wanted], names: dict[Ref, Named], at: datetime) -> None:
    """Write rows for what is new. Another sweep may have been quicker: then its row stands."""
    rows = [_row(each, names[each.ref], at) for each in opened]
    Alert.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def _row(each: Wanted, name: Named, at: datetime) -> Alert:
    noticed_at = min(each.since, at) if each.since else at
    return Alert(
        kind=each.kind.value,
        severity=RULES[each.kind].severity.value,
        subject=str(each.ref),
        subject_name=name.name[:300],
        timezone=name.timezone,
        cause=each.cause,
        group=each.group,
        params=dict(each.params),
        noticed_at=noticed_at,
        rang_at=at if has_lasted(each.kind, noticed_at, at) else None,
        **name.columns,
    )
