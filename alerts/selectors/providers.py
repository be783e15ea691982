"""Who looks for which kinds, and how often. A kind is looked for by exactly one provider.

The tick's age is not among them: `services.watching` looks at it from outside the worker.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from alerts.domain.aws_watch import wanted_of_meter, wanted_of_refusal
from alerts.domain.budgets import wanted_of_budgets
from alerts.domain.drift import wanted_of_drift
from alerts.domain.keys_watch import wanted_of_keys
from alerts.domain.kinds import Kind, Pace
from alerts.domain.models_watch import wanted_of_connections, wanted_of_models, wanted_of_orphans
from alerts.domain.photos import wanted_of_photos
from alerts.domain.quota import wanted_of_quotas
from alerts.domain.wanted import Wanted
from alerts.selectors.budgets import budget_facts
from alerts.selectors.drift import drift_facts
from alerts.selectors.facts import (
    connection_facts,
    key_facts,
    meter_facts,
    model_facts,
    orphan_facts,
    photo_facts,
    quota_facts,
)
from alerts.selectors.signs import refusal


class Provider(NamedTuple):
    """One look at the world, and the kinds it answers for: what it does not name of them is over."""

    kinds: frozenset[Kind]
    pace: Pace
    look: Callable[[datetime], set[Wanted]]


def _refused(at: datetime) -> set[Wanted]:
    said = refusal()
    return wanted_of_refusal(said.cause if said else None, since=said.since if said else None)


MODELS = frozenset({Kind.NOT_READY, Kind.STILL_RUNNING, Kind.STRAY, Kind.STUCK, Kind.FAILED, Kind.NO_SLOT})
PROVIDERS: tuple[Provider, ...] = (
    Provider(MODELS, Pace.QUICK, lambda at: wanted_of_models(model_facts(at=at), at=at)),
    Provider(
        frozenset({Kind.AWS_UNREACHABLE}), Pace.QUICK, lambda at: wanted_of_connections(connection_facts())
    ),
    Provider(frozenset({Kind.ORPHAN}), Pace.QUICK, lambda at: wanted_of_orphans(orphan_facts())),
    Provider(frozenset({Kind.QUOTA}), Pace.STEADY, lambda at: wanted_of_quotas(quota_facts(at=at))),
    Provider(
        frozenset({Kind.ERROR_RATE, Kind.SLOW}),
        Pace.STEADY,
        lambda at: wanted_of_photos(photo_facts(at=at)),
    ),
    Provider(
        frozenset({Kind.KEY_UNUSED, Kind.KEY_LEAKING}),
        Pace.STEADY,
        lambda at: wanted_of_keys(key_facts(at=at), at=at),
    ),
    Provider(frozenset({Kind.SIGNS_REFUSED}), Pace.STEADY, _refused),
    Provider(frozenset({Kind.METER_DIFFERS}), Pace.STEADY, lambda at: wanted_of_meter(meter_facts())),
    Provider(frozenset({Kind.OVER_BUDGET}), Pace.SLOW, lambda at: wanted_of_budgets(budget_facts(at=at))),
    Provider(frozenset({Kind.DRIFT}), Pace.SLOW, lambda at: wanted_of_drift(drift_facts(at=at))),
)


def providers_of(pace: Pace) -> list[Provider]:
    """Return the providers of a beat."""
    return [each for each in PROVIDERS if each.pace is pace]
