"""The decision log and the troubles: only what is new is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from models_registry.domain.lifecycle import Action, Decision
from models_registry.domain.reasons import Reason
from models_registry.models import Decision as DecisionRow
from models_registry.models import DeploymentState, Trouble
from models_registry.selectors.board import VersionRow, wishes_of
from models_registry.services.orders import Outcome

UNEXPLAINED = Reason("", {})


@dataclass(slots=True)
class Entry:
    """A decision about a version, and what became of its order."""

    row: VersionRow
    decision: Decision
    because: Reason = UNEXPLAINED
    details: dict[str, Any] = field(default_factory=dict)
    outcome: Outcome | None = None
    may_be_news: bool = True

    @property
    def params(self) -> dict[str, Any]:
        """What fills the decision's sentence, and the reason behind it."""
        code, params = self.because
        return {"status": self.row.status, **self.details, "because": {"code": code, "params": params}}


def explain(entries: Iterable[Entry]) -> None:
    """Give the entries that act or have news the reason for their wish; a query where there are any."""
    telling = []
    for each in entries:
        each.may_be_news = each.decision.action is not Action.WAIT or _is_news(each)
        if each.may_be_news:
            telling.append(each)
    reasons = wishes_of(each.row.deployment_id for each in telling if each.row.deployment_id is not None)
    for each in telling:
        each.because = reasons.get(each.row.deployment_id or 0, UNEXPLAINED)


def write_journal(entries: Iterable[Entry], *, at: datetime) -> None:
    """Write the decisions and problems that differ from the last ones; no query when nothing does."""
    new = [entry for entry in entries if entry.may_be_news and _is_news(entry)]
    troubled = [entry for entry in entries if _problems(entry) != entry.row.problems]
    if not new and not troubled:
        return
    with transaction.atomic():
        DecisionRow.objects.bulk_create([_decision(entry, at) for entry in new], batch_size=500)
        _remember(new, troubled)
        _write_troubles(troubled, at)


def _is_news(entry: Entry) -> bool:
    """Tell whether this differs from the last decision written down; a refusal repeated is one row."""
    if entry.outcome is not None and (entry.outcome.is_done or entry.row.deployment_id is None):
        return True
    row = entry.row
    before = (row.decided_action or "", row.decided_code or "", row.decided_outcome or "")
    return before != (entry.decision.action.value, entry.decision.code.value, _outcome_code(entry))


def _outcome_code(entry: Entry) -> str:
    return entry.outcome.code if entry.outcome else ""


def _problems(entry: Entry) -> list[str]:
    problems = entry.decision.problems
    return sorted({problem.value for problem in problems}) if problems else []


def _decision(entry: Entry, at: datetime) -> DecisionRow:
    outcome = entry.outcome
    return DecisionRow(
        deployment_id=entry.row.deployment_id,
        version_id=entry.row.pk,
        at=at,
        is_wanted=bool(entry.row.is_wanted),
        observed=entry.row.status,
        action=entry.decision.action.value,
        code=entry.decision.code.value,
        params=entry.params,
        outcome=outcome.code if outcome else "",
        outcome_message=outcome.message if outcome else "",
    )


def _remember(new: Iterable[Entry], troubled: Iterable[Entry]) -> None:
    states: dict[int, DeploymentState] = {}
    for entry in [*new, *troubled]:
        if entry.row.state_id is None:
            continue
        states[entry.row.state_id] = DeploymentState(
            pk=entry.row.state_id,
            decided_action=entry.decision.action.value,
            decided_code=entry.decision.code.value,
            decided_outcome=_outcome_code(entry),
            problems=_problems(entry),
        )
    DeploymentState.objects.bulk_update(
        states.values(), ["decided_action", "decided_code", "decided_outcome", "problems"], batch_size=500
    )


def _write_troubles(troubled: Iterable[Entry], at: datetime) -> None:
    """Open a trouble for each new problem of a deployment, and close those that are over."""
    over, opened = Q(pk__in=[]), []
    for entry in troubled:
        if entry.row.deployment_id is None:
            continue
        now, before = set(_problems(entry)), set(entry.row.problems)
        if before - now:
            over |= Q(deployment_id=entry.row.deployment_id, code__in=before - now)
        params = {"store_count": entry.row.store_count, "status": entry.row.status}
        opened += [
            Trouble(deployment_id=entry.row.deployment_id, code=code, params=params, opened_at=at)
            for code in sorted(now - before)
        ]
    Trouble.objects.filter(over, closed_at__isnull=True, version__isnull=True).update(closed_at=at)
    Trouble.objects.bulk_create(opened, ignore_conflicts=True, batch_size=500)
