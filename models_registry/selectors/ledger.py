"""The run ledger, newest first: a page at a time by key, or all of it as a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from models_registry.domain.billing import Rate, run_minutes, run_usd
from models_registry.domain.forecast import Month
from models_registry.models import Deployment, Run
from models_registry.selectors.deployments import zone_of_first_store
from models_registry.selectors.spend import inference_rates, run_facts
from portal.base.errors import InvalidInput
from stores.domain.localtime import from_seconds

PAGE = 50


class BadCursor(InvalidInput):
    """The page's address was changed by hand."""

    code = "bad_cursor"


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Which runs to show; `month` is one of the clock of `timezone`, by the instant the start was ordered."""

    deployment: int | None = None
    month: date | None = None
    outcome: str = ""
    is_outside: bool | None = None
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A run with what is billed of it up to now; nothing for one that never ran."""

    run: Run
    zone: str
    minutes: int
    usd: Decimal


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Open runs (on the first page only), ended ones, and the cursor of the next page."""

    open: list[LedgerRow]
    ended: list[LedgerRow]
    after: str


def ledger_page(chosen: LedgerFilter, *, after: str, at: datetime) -> LedgerPage:
    """Return a page of runs, newest first, beginning after the cursor. At most three queries."""
    rates = inference_rates()
    runs = runs_matching(chosen)
    ended = list(_after(runs.filter(ended_at__isnull=False), after)[: PAGE + 1])
    is_first = not after
    live = runs.filter(ended_at__isnull=True) if is_first and not chosen.outcome else Run.objects.none()
    return LedgerPage(
        open=[_row(run, rates, at) for run in live],
        ended=[_row(run, rates, at) for run in ended[:PAGE]],
        after=_cursor(ended[PAGE - 1]) if len(ended) > PAGE else "",
    )


def ledger_rows(chosen: LedgerFilter, *, at: datetime) -> Iterator[LedgerRow]:
    """Yield every run that matches, newest first, without holding them all; two queries."""
    rates = inference_rates()
    for run in runs_matching(chosen).iterator(chunk_size=1_000):
        yield _row(run, rates, at)


def runs_matching(chosen: LedgerFilter) -> QuerySet[Run]:
    """Return the runs a filter lets through, newest first, each with the `zone` of its deployment."""
    runs = Run.objects.select_related("version__project__connection", "deployment")
    if chosen.deployment is not None:
        runs = runs.filter(deployment_id=chosen.deployment)
    if chosen.month is not None:
        low, high = (from_seconds(second) for second in Month.of(chosen.month).local(chosen.timezone))
        runs = runs.filter(requested_at__gte=low, requested_at__lt=high)
    if chosen.outcome:
        runs = runs.filter(outcome=chosen.outcome)
    if chosen.is_outside is not None:
        runs = runs.filter(is_outside=chosen.is_outside)
    return runs.annotate(zone=zone_of_first_store("deployment_id")).order_by("-requested_at", "-id")


def _row(run: Any, rates: Iterable[Rate], at: datetime) -> LedgerRow:
    if run.running_at is None:
        return LedgerRow(run, run.zone or "UTC", 0, Decimal(0))
    facts = run_facts(run, rates, at=at)
    return LedgerRow(run, run.zone or "UTC", run_minutes(facts), run_usd(facts))


def _cursor(run: Run) -> str:
    return f"{run.requested_at.isoformat()}~{run.pk}"


def _after(runs: QuerySet[Run], cursor: str) -> QuerySet[Run]:
    if not cursor:
        return runs
    instant, _, pk = cursor.partition("~")
    try:
        at = datetime.fromisoformat(instant)
        return runs.filter(requested_at__lte=at).filter(Q(requested_at__lt=at) | Q(pk__lt=int(pk)))
    except ValueError as error:
        raise BadCursor(
            "This page of the ledger cannot be found. Begin again from its first page."
        ) from error


def deployment_names() -> list[tuple[int, str]]:
    """Return deployments to choose from, by name; one query."""
    return list(Deployment.objects.order_by("name").values_list("pk", "name"))
