"""Spend per store and day: computed from runs, and from nothing else; rebuildable at any time.

Beside it stand the runs' shares it is the sum of, what the hours alone would have cost, and the causes of the
difference (`domain.variance`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from models_registry.domain.billing import Share, split_run
from models_registry.domain.variance import Divided, Named, causes_of
from models_registry.models import Run, RunShare, SpendCause, StoreSpend
from models_registry.selectors.spend import inference_rates, run_facts
from models_registry.services.claims import claims_of
from models_registry.services.stories import stories_of
from stores.domain.localtime import to_seconds

ZONE_SLACK = timedelta(days=1)
"""A local day reaches up to 14 hours beyond the UTC day of the same date."""
PLAN_SLACK = timedelta(days=2)
"""Plans reach so far beyond the days asked for, that none is cut on them."""

CATCH_UP = timedelta(days=31)
"""So far back days are made up for after a time without a worker."""

Key = tuple[int, int, date]


def recent_days(*, at: datetime) -> tuple[date, date]:
    """Return the local days to compute again: today's and yesterday's by any clock, and what was missed.

    The newest row tells when this was last done: while no worker ran, models may have. One query.
    """
    newest = StoreSpend.objects.aggregate(newest=Max("on"))["newest"]
    first = at.date() - timedelta(days=2)
    if newest is not None:
        first = max(min(first, newest - timedelta(days=1)), at.date() - CATCH_UP)
    return first, at.date() + timedelta(days=1)


def rebuild_spend(*, first_on: date, last_on: date, at: datetime) -> int:
    """Compute the spend rows of local days `first_on` to `last_on` again; return how many there are.

    Runs are taken whole and cut at local midnights, so that a day's row is the same whoever asks. A run that
    is still open counts up to `at`, and so does the plan.
    """
    books = _Books(first_on, last_on)
    runs = runs_touching(first_on - ZONE_SLACK, last_on + ZONE_SLACK, at=at)
    actual = _divide(runs, books, at=at)
    _explain(runs, actual, books, at=at)
    return books.write()


@dataclass(slots=True)
class _Books:
    """The rows of some days, gathered before they are written in one go."""

    first_on: date
    last_on: date
    spend: dict[Key, StoreSpend] = field(default_factory=dict)
    shares: list[RunShare] = field(default_factory=list)
    causes: list[SpendCause] = field(default_factory=list)

    def __contains__(self, on: date) -> bool:
        return self.first_on <= on <= self.last_on

    def row(self, store: int, deployment: int, on: date) -> StoreSpend:
        """Return the row of a store's day, a new one where there is none."""
        zero = {"billed_minutes": Decimal(0), "overhead_minutes": Decimal(0), "usd": Decimal(0)}
        made = StoreSpend(store_id=store, deployment_id=deployment, on=on, planned_usd=Decimal(0), **zero)
        return self.spend.setdefault((store, deployment, on), made)

    def write(self) -> int:
        """Put the rows in place of what stood there; return how many days of stores there are."""
        days = (self.first_on, self.last_on)
        with transaction.atomic():
            for model in (StoreSpend, RunShare, SpendCause):
                model.objects.filter(on__range=days).delete()
            StoreSpend.objects.bulk_create([self.spend[key] for key in sorted(self.spend)], batch_size=1_000)
            RunShare.objects.bulk_create(self.shares, batch_size=1_000)
            SpendCause.objects.bulk_create(self.causes, batch_size=1_000)
        return len(self.spend)


def runs_touching(first_on: date, last_on: date, *, at: datetime) -> list[Run]:
    """Return the billed runs of deployments that touch the UTC days given, oldest first."""
    from_at = datetime.combine(first_on, datetime.min.time(), tzinfo=at.tzinfo)
    until_at = datetime.combine(last_on + timedelta(days=1), datetime.min.time(), tzinfo=at.tzinfo)
    runs = Run.objects.filter(
        running_at__isnull=False, running_at__lt=until_at, deployment__isnull=False
    ).exclude(stopping_at__lt=from_at)
    return list(runs.select_related("version__project__connection").order_by("running_at", "id"))


def _divide(
    runs: Iterable[Run], books: _Books, *, at: datetime
) -> dict[int, list[tuple[Divided, list[Share]]]]:
    """Divide runs over stores and days, and book it; return what was divided, by deployment."""
    runs = list(runs)
    rates, claimed = inference_rates(), claims_of(runs, at=at)
    done: dict[int, list[tuple[Divided, list[Share]]]] = defaultdict(list)
    for run in runs:
        deployment = run.deployment_id or 0
        divided = Divided(run_facts(run, rates, at=at), *claimed[run.pk], is_outside=run.is_outside)
        shares = split_run(divided.facts, divided.claims, divided.weights)
        done[deployment].append((divided, shares))
        for share in shares:
            if share.on in books:
                _book(run, deployment, share, books)
    return done


def _book(run: Run, deployment: int, share: Share, books: _Books) -> None:
    row = books.row(share.store, deployment, share.on)
    row.billed_minutes += share.minutes
    row.overhead_minutes += share.overhead
    row.usd += share.usd
    books.shares.append(
        RunShare(run=run, store_id=share.store, on=share.on, billed_minutes=share.minutes,
                 overhead_minutes=share.overhead, usd=share.usd)
    )  # fmt: skip


def _explain(
    runs: Iterable[Run], actual: dict[int, list[tuple[Divided, list[Share]]]], books: _Books, *, at: datetime
) -> None:
    """Book what the hours alone would have cost, and why the days differ from it."""
    first = datetime.combine(books.first_on - PLAN_SLACK, datetime.min.time(), tzinfo=at.tzinfo)
    after = datetime.combine(books.last_on + PLAN_SLACK, datetime.min.time(), tzinfo=at.tzinfo)
    bounds = to_seconds(first), to_seconds(after)
    by_deployment = {pk: [divided for divided, _ in each] for pk, each in actual.items()}
    for pk, story in stories_of(by_deployment, bounds, rates=inference_rates(), at=at).items():
        planned = [share for each in story.plan for share in split_run(*each[:3])]
        for share in planned:
            if share.on in books:
                books.row(share.store, pk, share.on).planned_usd += share.usd
        shares = [share for _, own in actual.get(pk, []) for share in own]
        for (store, on), causes in causes_of(story, shares, planned).items():
            if on in books:
                books.row(store, pk, on)
                books.causes += [_cause(store, pk, on, named, usd) for named, usd in causes.items()]


def _cause(store: int, deployment: int, on: date, named: Named, usd: Decimal) -> SpendCause:
    cause, who = named
    return SpendCause(
        store_id=store, deployment_id=deployment, on=on, cause=cause.value, who=who[:150], usd=usd
    )
