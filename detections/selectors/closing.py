"""Which stores are about to be switched off while their trays are still coming."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Count, Min, QuerySet

from detections.domain.closing import ASK_AHEAD, LOOK_BACK, QUIET, Answer
from detections.domain.outcomes import Source
from detections.models import CloseQuestion, Detection
from models_registry.domain.planning import StorePlan, cause_of, deployment_windows, deployment_wish
from models_registry.models import Assignment, Deployment
from models_registry.selectors.plans import DeploymentPlan, plans_of_deployments
from stores.domain.hours import OpenDay
from stores.domain.intervals import Span
from stores.domain.localtime import from_seconds, to_seconds
from stores.models import Bounds, Store
from stores.selectors.bounds import limits_of_stores

LIVE = (Source.REGISTER.value, Source.TILL.value)
REACH_SECONDS = 2 * 86_400


class Closing(NamedTuple):
    """A store whose model is about to stop, how many trays came lately, and the weekday that decides it."""

    store: Store
    stop_at: datetime
    trays: int
    opens_on: date | None


def closings_to_ask(*, at: datetime, from_trays: int) -> list[Closing]:
    """Return the stores to ask at `at`. Fifteen queries at most, one when nothing sells.

    Everything is worked out afresh from the plan and the log; nobody is asked twice for one stop, nor so soon
    after a question that was not answered with “longer”.
    """
    trays = _trays(at, _least(from_trays))
    if not trays:
        return []
    stores = {store.pk: store for store in Store.objects.filter(pk__in=trays).order_by("code")}
    limits = limits_of_stores(stores.values())
    busy = {pk for pk in stores if trays[pk] >= (limits[pk].ask_from_trays or from_trays)} - _asked(at)
    found = [Closing(stores[pk], stop_at, trays[pk], opens_on) for pk, stop_at, opens_on in _stops(busy, at)]
    return sorted(found, key=lambda each: each.store.code)


def _least(from_trays: int) -> int:
    lowest = Bounds.objects.aggregate(lowest=Min("ask_from_trays"))["lowest"]
    return from_trays if lowest is None else min(lowest, from_trays)


def _trays(at: datetime, least: int) -> dict[int, int]:
    """Return how many photos each store has taken lately, where they are many enough; one query."""
    lately = Detection.objects.filter(taken_at__gt=at - LOOK_BACK, taken_at__lte=at, source__in=LIVE)
    counts = lately.order_by().values("store_id").annotate(count=Count("id")).filter(count__gte=least)
    return dict(counts.values_list("store_id", "count"))


def _asked(at: datetime) -> set[int]:
    recent = CloseQuestion.objects.filter(asked_at__gt=at - QUIET).exclude(answer=Answer.LATER)
    return set(recent.values_list("store_id", flat=True))


def _stops(stores: Iterable[int], at: datetime) -> Iterable[tuple[int, datetime, date | None]]:
    """Yield the stores whose deployment stops within the next half hour, when, and the day that ends."""
    owner = dict(Assignment.objects.filter(store_id__in=stores).values_list("deployment_id", "store_id"))
    deployments = Deployment.objects.filter(pk__in=owner).exclude(live_version=None)
    second = to_seconds(at)
    bounds = (second - REACH_SECONDS, second + REACH_SECONDS)
    wanted = set(stores)
    for plan in plans_of_deployments(deployments, bounds).values():
        stop = _stop(plan, bounds, second)
        if stop is None:
            continue
        for each in plan.plans:
            if each.need.pk in wanted:
                yield each.need.pk, from_seconds(stop), _weekday(each, stop)


def _stop(plan: DeploymentPlan, bounds: Span, second: int) -> int | None:
    """Return when a deployment that is wanted now will be stopped, if within the time of asking."""
    windows = deployment_windows(plan.plans, plan.overrides, bounds)
    ends = (end for start, end in windows if start <= second < end)
    stop = next((end for end in ends if end - second <= ASK_AHEAD.total_seconds()), None)
    if stop is None or not deployment_wish(plan.plans, plan.overrides, stop).may_stop:
        return None
    return stop


def _weekday(plan: StorePlan, stop: int) -> date | None:
    """Return the date whose weekly hours end with the stop; None where something else decides."""
    window = next((each for each in plan.windows if each.end == stop), None)
    if window is None:
        return None
    cause = cause_of(window, plan.need, stop - 1)
    return cause.on if isinstance(cause, OpenDay) and cause.on not in plan.need.rules.special else None


def open_question(store: Store, *, at: datetime) -> CloseQuestion | None:
    """Return the question that a store has not answered yet; one query."""
    rows = CloseQuestion.objects.filter(store=store, answer="", stop_at__gt=at)
    return rows.order_by("stop_at", "id").first()


def untold_questions(*, at: datetime) -> QuerySet[CloseQuestion]:
    """Return the questions whose owners have not been written to yet."""
    rows = CloseQuestion.objects.filter(told_at__isnull=True, answer="", stop_at__gt=at)
    return rows.select_related("store").order_by("stop_at", "id")


def question_of(pk: int) -> CloseQuestion | None:
    """Return a question with its store; one query."""
    return CloseQuestion.objects.select_related("store__area", "answered_by").filter(pk=pk).first()
