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
from models_registry.models import DeploymentState, Run
from models_registry.selectors.board import RunRow, VersionRow


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order: `done`, `lost` (another worker had it) or AWS's refusal."""

    code: str
    message: str = ""

    @property
    def is_done(self) -> bool:
        """Tell whether AWS accepted the order."""
        return self.code == "done"


DONE = Outcome("done")
LOST = Outcome("lost", "Another worker has issued this order.")


def start_version(row: VersionRow, *, reason: Reason, at: datetime, rekognition: Rekognition) -> Outcome:
    """Order a live version to start, once; return what AWS said."""
    run = _claim_start(row, reason, at)
    if run is None:
        return LOST
    try:
        accepted = rekognition.start_version(row.arn, min_units=row.min_units, max_units=row.max_units)
    except RekognitionError as error:
        return _start_refused(row, run, error, at)
    Run.objects.filter(pk=run.pk, accepted_at__isnull=True).update(accepted_at=accepted.answered_at)
    return DONE


def _claim_start(row: VersionRow, reason: Reason, at: datetime) -> Run | None:
    """Open a run: the database allows one a version, and that is the claim."""
    try:
        with transaction.atomic():
            return Run.objects.create(
                version_id=row.pk,
                deployment_id=row.deployment_id,
                inference_units=row.min_units,
                requested_at=at,
                start_code=reason.code,
                start_params=reason.params,
            )
    except IntegrityError:
        return None


def _start_refused(row: VersionRow, run: Run, error: RekognitionError, at: datetime) -> Outcome:
    """Close the run unless AWS may have started it; a look at the version settles those."""
    message = error.message[:1_000]
    if isinstance(error, Unanswered | ResourceInUse):
        Run.objects.filter(pk=run.pk).update(error_message=message)
    else:
        Run.objects.filter(pk=run.pk, ended_at__isnull=True).update(
            ended_at=at, outcome=Run.Outcome.REFUSED, error_message=message
        )
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


def stop_version(
    row: VersionRow, run: RunRow, *, reason: Reason, at: datetime, rekognition: Rekognition
) -> Outcome:
    """Order a running version to stop, once; return what AWS said. Asking again later is harmless."""
    claimed = Run.objects.filter(
        pk=run.pk, ended_at__isnull=True, stopping_at__isnull=True, stop_requested_at=run.stop_requested_at
    ).update(stop_requested_at=at, stop_code=reason.code, stop_params=reason.params)
    if claimed != 1:
        return LOST
    try:
        accepted = rekognition.stop_version(row.arn)
    except RekognitionError as error:
        if not isinstance(error, Unanswered):
            Run.objects.filter(pk=run.pk, stop_requested_at=at).update(stop_requested_at=None)
        return Outcome(error.code, error.message[:1_000])
    Run.objects.filter(pk=run.pk, stopping_at__isnull=True).update(stopping_at=accepted.answered_at)
    return DONE
