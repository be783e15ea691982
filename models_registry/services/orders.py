"""Orders to AWS: claim in the ledger, call, write down what came back. One order, three short steps.

The claim is committed before the call, so a crash between leaves an open intent that the next look at AWS
settles. Claims are compare-and-set, so ten workers issue one order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from models_registry.domain.lifecycle import retry_after
from models_registry.domain.ports import (
    Rekognition,
    RekognitionError,
    ResourceInUse,
    Unanswered,
)
from models_registry.domain.reasons import Reason
from models_registry.domain.schedules import SchedulerError
from models_registry.models import Deployment, DeploymentState, Run
from models_registry.selectors.board import RunRow, VersionRow
from models_registry.services.safety import Safety


@dataclass(frozen=True, slots=True)
class Hands:
    """What an order needs of AWS: the model service, and what stops the model should we not be there."""

    rekognition: Rekognition
    safety: Safety
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order: `done`, `lost` (another worker had it) or AWS's refusal."""

    code: str
    message: str = ""

    @property
    def is_done(self) -> bool:
        """Tell whether AWS accepted the order."""
        return self.code == "done"

    @property
    def is_refused(self) -> bool:
        """Tell whether AWS said no, or nothing."""
        return self.code not in {"done", "lost"}


DONE = Outcome("done")
LOST = Outcome("lost", "Another worker has issued this order.")


def start_version(row: VersionRow, *, reason: Reason, at: datetime, hands: Hands) -> Outcome:
    """Order a version to start, once; return what AWS said. A live one that was superseded since is left.

    Its safety stop is armed first; where the connection requires that, it does not start without.
    """
    run = _claim_start(row, reason, at)
    if run is None:
        return LOST
    try:
        hands.safety.arm(row, at=at, until=hands.until)
        accepted = hands.rekognition.start_version(row.arn, min_units=row.min_units, max_units=row.max_units)
    except (RekognitionError, SchedulerError) as error:
        outcome = _start_refused(row, run, error, at)
        if not _may_have_started(error):
            hands.safety.disarm(row, at=at)
        return outcome
    Run.objects.filter(pk=run.pk, accepted_at__isnull=True).update(accepted_at=accepted.answered_at)
    return DONE


def _claim_start(row: VersionRow, reason: Reason, at: datetime) -> Run | None:
    """Open a run: the database allows one a version, and that is the claim."""
    try:
        with transaction.atomic():
            run = Run.objects.create(
                version_id=row.pk,
                deployment_id=row.deployment_id,
                inference_units=row.min_units,
                requested_at=at,
                start_code=reason.code,
                start_params=reason.params,
            )
            if row.state_id is not None and not _is_live(row):
                transaction.set_rollback(True)
                return None
            return run
    except IntegrityError:
        return None


def _is_live(row: VersionRow) -> bool:
    """Tell whether a deployment points at a version at this moment, whatever the board says; one query."""
    return Deployment.objects.filter(live_version_id=row.pk).exists()


def _may_have_started(error: RekognitionError | SchedulerError) -> bool:
    return isinstance(error, Unanswered | ResourceInUse)


def _start_refused(
    row: VersionRow, run: Run, error: RekognitionError | SchedulerError, at: datetime
) -> Outcome:
    """Close the run unless AWS may have started it; a look at the version settles those."""
    message = error.message[:1_000]
    if _may_have_started(error):
        Run.objects.filter(pk=run.pk).update(error_message=message)
    else:
        Run.objects.filter(pk=run.pk, ended_at__isnull=True).update(
            ended_at=at, outcome=Run.Outcome.REFUSED, error_message=message,
            start_params={**run.start_params, "refused": error.code},
        )  # fmt: skip
        note_failure(row, at=at)
    return Outcome(error.code, message)


def note_failure(row: VersionRow, *, at: datetime) -> None:
    """Count a failed start and wait a little longer each time before the next."""
    if row.state_id is None:
        return
    row.failed_starts = (row.failed_starts or 0) + 1
    row.retry_after = retry_after(row.failed_starts, at)
    DeploymentState.objects.filter(pk=row.state_id).update(
        failed_starts=F("failed_starts") + 1, retry_after=row.retry_after
    )


def stop_version(row: VersionRow, run: RunRow, *, reason: Reason, at: datetime, hands: Hands) -> Outcome:
    """Order a running version to stop, once; return what AWS said. Asking again later is harmless.

    Its safety stop is taken back once AWS has taken the stop, not before.
    """
    if not _claim_stop(row, run, reason, at):
        return LOST
    try:
        accepted = hands.rekognition.stop_version(row.arn)
    except RekognitionError as error:
        if not isinstance(error, Unanswered):
            Run.objects.filter(pk=run.pk, stop_requested_at=at).update(stop_requested_at=None)
        return Outcome(error.code, error.message[:1_000])
    Run.objects.filter(pk=run.pk, stopping_at__isnull=True).update(stopping_at=accepted.answered_at)
    hands.safety.disarm(row, at=at)
    return DONE


def _claim_stop(row: VersionRow, run: RunRow, reason: Reason, at: datetime) -> bool:
    """Write the stop down if nobody else has. A version that became live since it was read is left alone.

    The run is locked before that is asked, as it is before a switch: of the two the second sees the first.
    """
    mine = Run.objects.filter(
        pk=run.pk, ended_at__isnull=True, stopping_at__isnull=True, stop_requested_at=run.stop_requested_at
    )
    with transaction.atomic():
        if row.deployment_id is None and (mine.select_for_update().first() is None or _is_live(row)):
            return False
        return mine.update(stop_requested_at=at, stop_code=reason.code, stop_params=reason.params) == 1
