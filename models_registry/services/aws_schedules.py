"""Keep deployments' weekly schedules in AWS, as a second pair of hands.

The portal goes on ordering from its own tick; two equal orders are harmless, AWS refuses the second. So that
AWS orders nothing that the portal does not want, overrides, special days, the lead and the version move the
schedules too. What was put is written down before and after, what AWS lists is the truth: a step that was cut
off is finished by the next, and what nobody wants any more is removed, whatever became of the deployment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from models_registry.domain.cron import over_at
from models_registry.domain.schedules import Schedule, Scheduler, SchedulerError
from models_registry.domain.week_schedules import NoSchedules
from models_registry.models import AwsSchedules, Connection, Deployment
from models_registry.selectors.aws_schedules import Asked, kept_row, schedules_of
from models_registry.services.safety import installation_id
from stores.domain.localtime import to_seconds

OpenScheduler = Callable[[Connection], Scheduler]
COMPARE_AFTER = timedelta(hours=1)
"""How often each schedule is read back, to find those edited by hand."""
AWS_DELETES = timedelta(hours=2)
"""A schedule that is over is left to AWS this long: it may be trying its last order still."""
CALLS_AT_ONCE = 100
"""A step makes at most so many changes; the next goes on."""


@dataclass(slots=True)
class StepReport:
    """What a step did for one deployment: numbers for one log line."""

    prefix: str
    put: int = 0
    removed: int = 0
    error_code: str = ""


def keep(*, deployment: Deployment, at: datetime) -> AwsSchedules:
    """Have a deployment's schedules kept in AWS from now on; raise NoSchedules, saying what is missing."""
    schedules_of(deployment, Asked(), at=at)
    if not deployment.connection.scheduler_role_arn:
        raise _no_role()
    row = kept_row(deployment)
    # Ours alone: another portal with the same group may have a deployment of the same number.
    prefix = f"{row.prefix}-{installation_id()[:8]}"
    kept, _ = AwsSchedules.objects.update_or_create(
        deployment=deployment,
        defaults={"is_on": True, "error_code": "", "error_message": ""},
        create_defaults={"is_on": True, "connection": row.connection, "prefix": prefix},
    )
    return kept


def _no_role() -> NoSchedules:
    return NoSchedules("Fill in the connection’s scheduler role ARN: AWS needs it to act for the schedules.")


def let_go(*, deployment: Deployment) -> bool:
    """Have a deployment's schedules removed from AWS; tell whether they were kept."""
    return AwsSchedules.objects.filter(deployment=deployment, is_on=True).update(is_on=False) == 1


def keep_in_step(*, at: datetime, open_scheduler: OpenScheduler) -> list[StepReport]:
    """Bring what AWS holds into line with what is wanted at `at`, for every deployment ever switched on."""
    rows = (
        AwsSchedules.objects.filter(connection__is_active=True)
        .select_related("connection", "deployment__connection", "deployment__live_version__project")
        .order_by("id")
    )
    return [_step(row, at=at, open_scheduler=open_scheduler) for row in rows]


def _step(row: AwsSchedules, *, at: datetime, open_scheduler: OpenScheduler) -> StepReport:
    report = StepReport(row.prefix)
    wanted, error = _wanted(row, at)
    row.error_code, row.error_message = (error.code, error.message[:1_000]) if error else ("", "")
    try:
        if wanted or row.held or row.is_on:
            _Step(row, open_scheduler(row.connection), at, report).take(wanted)
    except SchedulerError as refused:
        row.error_code, row.error_message = refused.code, refused.message[:1_000]
    report.error_code, row.stepped_at = row.error_code, at
    if report.put or report.removed:
        row.changed_at = at
    _write(row)
    return report


def _write(row: AwsSchedules) -> None:
    """Write the step down; forget a row that nothing stands for, follow a deployment to its connection."""
    mine = AwsSchedules.objects.filter(pk=row.pk)
    if row.deployment is None and not row.held and not row.error_code:
        mine.delete()
        return
    if row.deployment is not None and not row.held:
        row.connection = row.deployment.connection
    mine.update(
        held=row.held, stepped_at=row.stepped_at, checked_at=row.checked_at, changed_at=row.changed_at,
        error_code=row.error_code, error_message=row.error_message, connection=row.connection,
    )  # fmt: skip


def _wanted(row: AwsSchedules, at: datetime) -> tuple[dict[str, Schedule], NoSchedules | None]:
    """Return what AWS is to hold by name, and why nothing where somebody expects something."""
    deployment = row.deployment
    if deployment is None or not row.is_on or deployment.connection_id != row.connection_id:
        return {}, None
    if not row.connection.scheduler_role_arn:
        return {}, _no_role()
    try:
        found = schedules_of(deployment, Asked(prefix=row.prefix), at=at)
    except NoSchedules as error:
        return {}, error
    return {each.name: each for each in found.exported.schedules}, None


class _Step:
    """One deployment's schedules, compared with what AWS holds and what was put there."""

    def __init__(self, row: AwsSchedules, scheduler: Scheduler, at: datetime, report: StepReport) -> None:
        self.row, self.scheduler, self.at, self.report = row, scheduler, at, report

    def take(self, wanted: dict[str, Schedule]) -> None:
        """Put what is missing or differs, then remove what nobody wants."""
        there = set(self.scheduler.names(f"{self.row.prefix}-"))
        is_due = self.row.checked_at is None or self.at - self.row.checked_at >= COMPARE_AFTER
        for schedule in wanted.values():
            if not self._is_there(schedule, there, is_due):
                self._put(schedule)
        for name in sorted(there - set(wanted)):
            if not self._is_left_to_aws(name):
                self._remove(name)
        for name in set(self.row.held) - there - set(wanted):
            del self.row.held[name]
        if is_due:
            self.row.checked_at = self.at

    def _is_there(self, schedule: Schedule, there: set[str], is_due: bool) -> bool:
        if schedule.name not in there or self.row.held.get(schedule.name, [""])[0] != digest(schedule):
            return False
        if not is_due:
            return True
        held = self.scheduler.get(schedule.name)
        return held is not None and digest(held) == digest(schedule)

    def _put(self, schedule: Schedule) -> None:
        if self._is_enough():
            return
        over = over_at(schedule)
        self.row.held[schedule.name] = ["", over]
        self.scheduler.put(schedule)
        self.row.held[schedule.name] = [digest(schedule), over]
        self.report.put += 1

    def _remove(self, name: str) -> None:
        if self._is_enough():
            return
        self.scheduler.remove(name)
        self.row.held.pop(name, None)
        self.report.removed += 1

    def _is_enough(self) -> bool:
        return self.report.put + self.report.removed >= CALLS_AT_ONCE

    def _is_left_to_aws(self, name: str) -> bool:
        over = self.row.held.get(name, ["", None])[1]
        return over is not None and over <= to_seconds(self.at) < over + AWS_DELETES.total_seconds()


def digest(schedule: Schedule) -> str:
    """Return a short word for all that a schedule says."""
    return hashlib.sha256(repr(schedule).encode()).hexdigest()[:16]
