"""Why a store's model was on or off at an instant, from today's rules and from what was written down then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Q

from models_registry.domain.explanation import (
    DecisionThen,
    Explanation,
    Lead,
    OverrideThen,
    Rule,
    RunThen,
)
from models_registry.domain.lead import MIN_OBSERVATIONS
from models_registry.domain.overrides import OverrideSpan
from models_registry.domain.planning import (
    StorePlan,
    Window,
    cause_of,
    deployment_wish,
    ready_windows,
)
from models_registry.domain.reasons import why_wished
from models_registry.models import Assignment, Decision, Deployment, Run, TickHeartbeat
from models_registry.selectors.plans import (
    DeploymentPlan,
    needs_of_stores,
    observed_starts,
    plans_of_deployments,
)
from stores.domain.hours import OpenDay, open_days, ordinals_around
from stores.domain.intervals import Span
from stores.domain.localtime import from_seconds, local_date, to_seconds
from stores.models import SpecialDay, Store

BEFORE = timedelta(days=2)
AFTER = timedelta(days=8)
LOOK_SLACK = timedelta(seconds=60)
"""How far behind the last tick may be for an instant to count as looked at."""


@dataclass(frozen=True, slots=True)
class _Case:
    """What was loaded: the store, its plan at the instant, and its deployment, if any."""

    store: Store
    at: datetime
    second: int
    bounds: Span
    plan: StorePlan
    deployment: Deployment | None
    whole: DeploymentPlan | None

    @property
    def window(self) -> Window | None:
        """The window in which the store needs its model at the instant."""
        return next((each for each in self.plan.windows if each.start <= self.second < each.end), None)

    @property
    def opening(self) -> OpenDay | None:
        """The opening that covers the instant: the newest where two do."""
        days = open_days(self.plan.need.rules, *ordinals_around((self.second, self.second + 1)))
        return next((day for day in reversed(days) if day.start <= self.second < day.end), None)


def explain(store: Store, *, at: datetime) -> Explanation:
    """Return why the store's model was, is or will be on or off at `at`; at most 14 queries.

    Raises InvalidInput for a naive instant. Nothing is remembered of rules that were changed since: the plan
    part is today's, the decision and the run are those of the time.
    """
    case = _load(store, at)
    wish = deployment_wish(case.whole.plans, case.whole.overrides, case.second) if case.whole else None
    decision = _decision_at(case)
    version = (decision and decision.version) or (case.deployment and case.deployment.live_version)
    window, change = case.window, _next_change(case)
    pulse = TickHeartbeat.objects.first()
    return Explanation(
        store=store.code,
        store_name=store.name,
        timezone=store.timezone,
        at=at,
        looked_until=pulse.started_at + LOOK_SLACK if pulse else None,
        control=store.control,
        rule=_rule(case),
        is_open=case.opening is not None,
        lead=_lead(case),
        close_buffer_minutes=store.close_buffer_minutes,
        override=_override(case),
        is_needed=window is not None,
        needed_from=from_seconds(window.start) if window else None,
        needed_until=from_seconds(window.end) if window else None,
        is_wanted=bool(wish and wish.is_wanted),
        wish=why_wished(case.whole.plans if case.whole else [], wish) if wish else None,
        deployment=case.deployment.name if case.deployment else "",
        deployment_stores=len(case.whole.plans) if case.whole else 0,
        version=str(version) if version else "",
        version_arn=version.arn if version else "",
        decision=_decision_then(decision),
        run=_run_at(case, version.pk if version else None),
        next_change_at=from_seconds(change[0]) if change else None,
        next_is_start=bool(change and change[1]),
    )


def _load(store: Store, at: datetime) -> _Case:
    second = to_seconds(at)
    bounds = to_seconds(at - BEFORE), to_seconds(at + AFTER)
    owner = Assignment.objects.select_related("deployment__live_version__project").filter(store=store).first()
    if owner is None:
        need = needs_of_stores([store], bounds, owner={}, deployments={})[store.pk]
        return _Case(store, at, second, bounds, StorePlan(need, ready_windows(need, bounds)), None, None)
    whole = plans_of_deployments([owner.deployment], bounds)[owner.deployment_id]
    plan = next(each for each in whole.plans if each.need.pk == store.pk)
    return _Case(store, at, second, bounds, plan, owner.deployment, whole)


def _rule(case: _Case) -> Rule:
    """Return the rule of the day that the instant belongs to: an opening's day, else the calendar day."""
    rules = case.plan.need.rules
    on = case.opening.on if case.opening else _day_meant(case)
    special = rules.special.get(on)
    if special is None:
        return Rule(on, rules.weekly[on.weekday()])
    row = _special_day(case.store, on, special.scope)
    author = (row.author.get_full_name() or row.author.get_username()) if row and row.author else ""
    return Rule(on, rules.hours_on(on), special.kind.value, special.scope, special.note, author,
                row.source if row else "")  # fmt: skip


def _day_meant(case: _Case) -> date:
    """Return the day a closed instant is about: that of the opening it prepares, else its calendar day."""
    if case.window is not None:
        cause = cause_of(case.window, case.plan.need, case.second)
        if isinstance(cause, OpenDay):
            return cause.on
    return local_date(case.store.timezone, case.at)


def _special_day(store: Store, on: date, scope: str) -> SpecialDay | None:
    scopes = {
        "store": Q(store=store),
        "area": Q(area_id=store.area_id),
        "all": Q(store__isnull=True, area__isnull=True),
    }
    return SpecialDay.objects.select_related("author").filter(scopes[scope], on=on).first()


def _lead(case: _Case) -> Lead:
    fixed, minutes = case.store.open_buffer_minutes, case.plan.need.lead_minutes
    if case.deployment is None or not case.deployment.uses_learned_lead:
        return Lead(minutes, False, 0, fixed)
    seen = len(observed_starts([case.deployment.pk]).get(case.deployment.pk, []))
    return Lead(minutes, seen >= MIN_OBSERVATIONS, seen, fixed)


def _override(case: _Case) -> OverrideThen | None:
    """Return the override in force: guards first, then the deployment's own, then the newest."""
    own = case.whole.overrides if case.whole else ()
    live = [
        (each.is_guard, is_for_deployment, each)
        for spans, is_for_deployment in ((own, True), (case.plan.need.overrides, False))
        for each in spans
        if each.start <= case.second < each.end
    ]
    if not live:
        return None
    _, is_for_deployment, held = max(live, key=lambda each: (*each[:2], each[2].pk))
    return _override_then(held, is_for_deployment)


def _override_then(span: OverrideSpan, is_for_deployment: bool) -> OverrideThen:
    return OverrideThen(
        span.kind.value, span.author, span.why, from_seconds(span.start), from_seconds(span.end),
        is_for_deployment,
    )  # fmt: skip


def _next_change(case: _Case) -> tuple[int, bool] | None:
    """Return when the store's need next changes, and whether it begins then; None beyond eight days."""
    edges = [(window.start, True) for window in case.plan.windows]
    edges += [(window.end, False) for window in case.plan.windows]
    return min((edge for edge in edges if case.second < edge[0] < case.bounds[1]), default=None)


def _decision_at(case: _Case) -> Decision | None:
    if case.deployment is None:
        return None
    rows = Decision.objects.filter(deployment=case.deployment, at__lte=case.at)
    return rows.select_related("version__project").order_by("-at", "-id").first()


def _decision_then(row: Decision | None) -> DecisionThen | None:
    if row is None:
        return None
    return DecisionThen(
        at=row.at,
        is_wanted=row.is_wanted,
        observed=row.observed,
        action=row.action,
        code=row.code,
        params=row.params,
        outcome=row.outcome,
        outcome_message=row.outcome_message,
    )


def _run_at(case: _Case, version_id: int | None) -> RunThen | None:
    """Return the run that covers the instant: of the deployment, or of the version whoever started it."""
    if case.deployment is None:
        return None
    mine = Q(deployment=case.deployment) | Q(version_id=version_id)
    covering = Q(ended_at__isnull=True) | Q(ended_at__gt=case.at)
    run = (
        Run.objects.filter(mine, covering, requested_at__lte=case.at)
        .order_by(F("running_at").desc(nulls_last=True), "-requested_at", "-id")
        .first()
    )
    if run is None:
        return None
    names = [name for name in RunThen.__dataclass_fields__ if name != "units"]
    return RunThen(units=run.inference_units, **{name: getattr(run, name) for name in names})
