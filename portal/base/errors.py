"""What can go wrong, as people are told it.

PortalError                      code, message, retryable
├── InvalidInput                 the caller's words are off; says what to do
│   ├── stores.domain.sentences.Refusal          a sentence that can be translated
│   │   ├── stores.domain.hours.InvalidHours, …localtime.UnknownTimeZone, …osm_tokens.UnsupportedOpeningHours
│   │   ├── stores.domain.bounds.OutOfBounds      outside what headquarters allows
│   │   ├── models_registry.domain.guards.InvalidGuard, …services.drafts.InvalidClosing, …edits.CannotUndo
│   │   ├── detections.domain.closing.CannotAnswer
│   │   └── models_registry.domain.arns.InvalidArn, …services.deployments.InvalidDeployment
│   ├── models_registry.domain.overrides.InvalidOverride
│   └── stores.services.import_reading.ImportRefused
├── portal.embedded.problems.CannotStart         a service cannot be brought up
├── NotAllowed                   yours to see, not yours to change (403)
├── NotFound                     not yours, or not there (404)
├── models_registry.domain.objects.ObjectStoreError
│   ├── ObjectMissing            no such object or bucket
│   ├── ObjectDenied             the role may not read it
│   ├── ObjectTooLarge           not what we expect there
│   └── StoreUnanswered          no usable answer, retry
├── models_registry.domain.schedules.SchedulerError
│   ├── SchedulerDenied, GroupMissing, ScheduleQuota    each says what to do in AWS
│   └── SchedulerUnanswered      no usable answer, retry
├── models_registry.domain.evaluation.SummaryUnreadable, …SummaryVersionUnknown
└── models_registry.domain.ports.RekognitionError
    ├── Throttled                slow down, retry
    ├── ResourceInUse            another transition is under way
    ├── LimitExceeded            a quota of the account is used up
    ├── ResourceNotFound         the version or project is gone
    ├── AccessDenied             the role lacks a permission
    ├── InvalidRequest           AWS refuses the parameters
    └── Unanswered               no answer: it may or may not have happened
"""

from __future__ import annotations


class PortalError(Exception):
    """An anticipated failure with a message that says what to do.

    `code` is stable and machine-readable, `message` is for people, `retryable` says whether the same
    call may succeed later without anybody changing anything.
    """

    code = "portal_error"
    retryable = False

    def __init__(self, message: str, *, code: str | None = None, retryable: bool | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        if retryable is not None:
            self.retryable = retryable

    def __str__(self) -> str:
        return self.message


class InvalidInput(PortalError):
    """The caller's words are off; the message says how to mend them."""

    code = "invalid_input"


class NotAllowed(PortalError):
    """The thing is visible to the caller but not theirs to change."""

    code = "not_allowed"


class NotFound(PortalError):
    """There is no such thing among what the caller may see."""

    code = "not_found"
