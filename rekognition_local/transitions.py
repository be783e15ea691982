"""One table decides, for every status and operation, whether it is allowed or how it is refused.

AWS publishes no such table. Where its documents speak, a verdict is marked documented; everywhere else it is
our decision, and its reason stands beside it. One principle orders the refusals: ResourceInUseException when
waiting, or another call, can make the same request succeed later; InvalidParameterException when nothing ever
will.
"""

from dataclasses import dataclass
from enum import StrEnum

from rekognition_local.errors import ServiceError
from rekognition_local.statuses import VersionStatus as S


class Act(StrEnum):
    START = "StartProjectVersion"
    STOP = "StopProjectVersion"
    DELETE = "DeleteProjectVersion"
    DETECT = "DetectCustomLabels"
    COPY = "CopyProjectVersion"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`error` is None when the operation is allowed."""

    error: str | None
    reason: str
    is_documented: bool


IN_USE = "ResourceInUseException"
NOT_READY = "ResourceNotReadyException"
INVALID = "InvalidParameterException"


def _documented(reason: str, error: str | None = None) -> Verdict:
    return Verdict(error, reason, is_documented=True)


def _decided(reason: str, error: str | None = None) -> Verdict:
    return Verdict(error, reason, is_documented=False)


_START = {
    S.TRAINING_IN_PROGRESS: _decided("There is no model yet; it can be started once it is trained.", IN_USE),
    S.TRAINING_COMPLETED: _documented("A trained model is started from here."),
    S.TRAINING_FAILED: _decided(
        "Training left no model to run, and this version is never trained again.", INVALID
    ),
    S.STARTING: _decided(
        "It is being started already; a second start must not count as a second run.", IN_USE
    ),
    S.RUNNING: _decided(
        "It runs already; to change its inference units, stop it and start it again.", IN_USE
    ),
    S.FAILED: _decided("A failed start must be repeatable, or one bad morning would cost the whole version."),
    S.STOPPING: _decided("Wait until it is stopped, then start it.", IN_USE),
    S.STOPPED: _documented("A stopped model is started from here."),
    S.DELETING: _decided("It is about to disappear.", IN_USE),
    S.COPYING_IN_PROGRESS: _decided("There is no model yet; it can be started once it is copied.", IN_USE),
    S.COPYING_COMPLETED: _decided("A copy is a trained model like any other."),
    S.COPYING_FAILED: _decided(
        "Copying left no model to run, and this version is never copied again.", INVALID
    ),
    S.DEPRECATED: _decided("The service has withdrawn it from use; only deleting is left.", INVALID),
    S.EXPIRED: _decided("The service has withdrawn it from use; only deleting is left.", INVALID),
}

_NOT_RUNNING = "Only a running model can be stopped."
_STOP = {
    S.TRAINING_IN_PROGRESS: _decided(_NOT_RUNNING, IN_USE),
    S.TRAINING_COMPLETED: _decided(_NOT_RUNNING, IN_USE),
    S.TRAINING_FAILED: _decided(_NOT_RUNNING, IN_USE),
    S.STARTING: _decided("Nothing says a start can be called off; wait until it runs, then stop it.", IN_USE),
    S.RUNNING: _documented("The one status that can be stopped."),
    S.FAILED: _decided(_NOT_RUNNING, IN_USE),
    S.STOPPING: _decided("It is being stopped already.", IN_USE),
    S.STOPPED: _decided(_NOT_RUNNING, IN_USE),
    S.DELETING: _decided(_NOT_RUNNING, IN_USE),
    S.COPYING_IN_PROGRESS: _decided(_NOT_RUNNING, IN_USE),
    S.COPYING_COMPLETED: _decided(_NOT_RUNNING, IN_USE),
    S.COPYING_FAILED: _decided(_NOT_RUNNING, IN_USE),
    S.DEPRECATED: _decided(_NOT_RUNNING, IN_USE),
    S.EXPIRED: _decided(_NOT_RUNNING, IN_USE),
}

_DELETE = {
    S.TRAINING_IN_PROGRESS: _documented("A version that is training cannot be deleted.", IN_USE),
    S.TRAINING_COMPLETED: _documented("An idle version can be deleted."),
    S.TRAINING_FAILED: _documented("An idle version can be deleted."),
    S.STARTING: _decided("It is on its way to running, and a running version cannot be deleted.", IN_USE),
    S.RUNNING: _documented("A running version cannot be deleted; stop it first.", IN_USE),
    S.FAILED: _decided("Nothing runs; a failed version must not be there for ever."),
    S.STOPPING: _decided("It has not stopped running yet.", IN_USE),
    S.STOPPED: _documented("An idle version can be deleted."),
    S.DELETING: _decided("It is being deleted already.", IN_USE),
    S.COPYING_IN_PROGRESS: _decided("Treated like training: its making is not finished.", IN_USE),
    S.COPYING_COMPLETED: _decided("An idle version can be deleted."),
    S.COPYING_FAILED: _decided("An idle version can be deleted."),
    S.DEPRECATED: _decided("Deleting is all that is left to do with it."),
    S.EXPIRED: _decided("Deleting is all that is left to do with it."),
}

_DETECT = {
    status: _documented("Only a running model answers.", None if status is S.RUNNING else NOT_READY)
    for status in S
}

_COPY = {
    S.TRAINING_IN_PROGRESS: _decided("There is no model yet; it can be copied once it is trained.", IN_USE),
    S.TRAINING_COMPLETED: _documented("A trained model can be copied."),
    S.TRAINING_FAILED: _decided("Training left no model to copy.", INVALID),
    S.STARTING: _decided("The trained model exists, whether it runs or not."),
    S.RUNNING: _decided("The trained model exists, whether it runs or not."),
    S.FAILED: _decided("The start or stop failed; the trained model exists."),
    S.STOPPING: _decided("The trained model exists, whether it runs or not."),
    S.STOPPED: _decided("The trained model exists, whether it runs or not."),
    S.DELETING: _decided("It is about to disappear.", IN_USE),
    S.COPYING_IN_PROGRESS: _decided("There is no model yet; it can be copied once it is there.", IN_USE),
    S.COPYING_COMPLETED: _decided("A copy is a trained model like any other."),
    S.COPYING_FAILED: _decided("Copying left no model to copy.", INVALID),
    S.DEPRECATED: _decided("The service has withdrawn it from use; only deleting is left.", INVALID),
    S.EXPIRED: _decided("The service has withdrawn it from use; only deleting is left.", INVALID),
}

TABLE: dict[Act, dict[S, Verdict]] = {
    Act.START: _START,
    Act.STOP: _STOP,
    Act.DELETE: _DELETE,
    Act.DETECT: _DETECT,
    Act.COPY: _COPY,
}


def require_allowed(act: Act, status: S, *, arn: str) -> None:
    """Refuse as the table says."""
    verdict = TABLE[act][status]
    if verdict.error:
        raise ServiceError(verdict.error, f"{act} is refused: {arn} is {status}. {verdict.reason}")


def as_markdown() -> str:
    """The table as docs/rekognition-local.md shows it."""
    lines = ["| operation | status | answer | basis | reason |", "|---|---|---|---|---|"]
    for act, verdicts in TABLE.items():
        for status, verdict in verdicts.items():
            answer = verdict.error or "allowed"
            basis = "documented" if verdict.is_documented else "decided here"
            lines.append(f"| {act} | {status} | {answer} | {basis} | {verdict.reason} |")
    return "\n".join(lines)
