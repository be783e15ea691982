"""What runs have cost: dated prices, and what of a run is billed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from models_registry.domain.billing import Rate, RunFacts, rate_at
from models_registry.models import PriceRate, Run
from stores.domain.localtime import to_seconds


def inference_rates() -> list[Rate]:
    """Return the dated prices of an inference unit hour; one query."""
    return dated_rates(PriceRate.Kind.INFERENCE)


def dated_rates(kind: PriceRate.Kind) -> list[Rate]:
    """Return the dated prices of a kind; one query."""
    rows = PriceRate.objects.filter(kind=kind).order_by("id")
    return [Rate(row.region, row.valid_from, row.usd_per_hour) for row in rows]


def run_facts(run: Run, rates: Iterable[Rate], *, at: datetime) -> RunFacts:
    """Return what is billed of a run that has been running; an open one up to `at`.

    The whole run is charged at the price of the instant it began to run.
    """
    if run.running_at is None:
        raise ValueError("A run that never ran has no billed time.")
    rate = rate_at(rates, run.version.project.connection.region, run.running_at)
    end = run.stopping_at or max(at, run.running_at)
    return RunFacts(to_seconds(run.running_at), to_seconds(end), run.inference_units, rate or Decimal(0))
