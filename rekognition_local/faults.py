"""The fault plan: what goes wrong on purpose.

A plan lives in memory only. A restart ends it, so that a forgotten fault cannot haunt the next demonstration;
what a fault has done already (a start that will fail, a version stuck in STARTING) is in the state file like
everything else.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rekognition_local.arns import version_name
from rekognition_local.errors import INTERNAL_SERVER_ERROR, ControlError, ServiceError
from rekognition_local.wire.catalogue import operation_names


class FaultKind(StrEnum):
    THROTTLE = "throttle"
    PROVISIONED = "provisioned"
    INTERNAL = "internal"
    ACCESS_DENIED = "access_denied"
    EXPIRED_TOKEN = "expired_token"  # noqa: S105  the name of a fault, no secret
    SLOW = "slow"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    FAIL_ON_START = "fail_on_start"
    STUCK_STARTING = "stuck_starting"


START_FAULTS = frozenset({FaultKind.FAIL_ON_START, FaultKind.STUCK_STARTING})
WIRE_FAULTS = frozenset(FaultKind) - START_FAULTS - {FaultKind.SLOW}

_ERRORS = {
    FaultKind.THROTTLE: ("ThrottlingException", "Rate exceeded."),
    FaultKind.PROVISIONED: (
        "ProvisionedThroughputExceededException",
        "The number of requests exceeded your throughput limit.",
    ),
    FaultKind.INTERNAL: (INTERNAL_SERVER_ERROR, "The service experienced a problem. Try your call again."),
    FaultKind.ACCESS_DENIED: ("AccessDeniedException", "You are not authorized to perform the action."),
    FaultKind.EXPIRED_TOKEN: (
        "ExpiredTokenException",
        "The security token included in the request is expired.",
    ),
}


@dataclass(slots=True)
class FaultRule:
    """`operation` is a name or *; `version` an ARN or a version name; `count` None is without end."""

    kind: FaultKind
    operation: str = "*"
    version: str | None = None
    count: int | None = None
    probability: float = 1.0
    seconds: float = 0.0
    http_status: int | None = None
    fired: int = 0

    def __post_init__(self) -> None:
        """Refuse values that a rule cannot have; the sentence goes to whoever sent the plan."""
        self.kind = FaultKind(self.kind)
        if self.operation != "*" and self.operation not in operation_names():
            raise ValueError(f"operation {self.operation!r} is not one of the service, nor *")
        if not 0 <= self.probability <= 1:
            raise ValueError("probability must lie between 0 and 1")
        if self.count is not None and self.count < 0:
            raise ValueError("count must not be negative")
        if not 0 <= self.seconds <= 600:
            raise ValueError("seconds must lie between 0 and 600")
        if self.http_status not in (None, 400, 500):
            raise ValueError("http_status must be 400 or 500")

    def matches(self, operation: str, versions: frozenset[str]) -> bool:
        return (
            self.operation in ("*", operation)
            and (self.version is None or self.version in versions)
            and (self.count is None or self.fired < self.count)
        )

    def error(self) -> ServiceError | None:
        """The error that this fault answers with; None for those that do something else."""
        if self.kind not in _ERRORS:
            return None
        code, message = _ERRORS[self.kind]
        return ServiceError(code, message, http_status=self.http_status)


class FaultPlan:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.replace([])

    def replace(self, rules: Iterable[FaultRule]) -> None:
        """Begin a new plan; the dice begin anew too, so that the same plan plays the same way twice."""
        self.rules = list(rules)
        self._dice = random.Random(self._seed)  # noqa: S311  repeatable faults, no secret

    def take(self, kinds: frozenset[FaultKind], operation: str, versions: frozenset[str]) -> FaultRule | None:
        """The first rule of these kinds that fires for this request. Taking it counts as one firing."""
        for rule in self.rules:
            if rule.kind not in kinds or not rule.matches(operation, versions):
                continue
            if rule.probability < 1 and self._dice.random() >= rule.probability:
                continue
            rule.fired += 1
            return rule
        return None


def rules_from_json(body: Any) -> list[FaultRule]:
    """Read {"rules": [{"kind": ..., ...}]}; anything else is refused with the reason."""
    rules = body.get("rules") if isinstance(body, dict) else None
    if not isinstance(rules, list):
        raise ControlError('The body must be {"rules": [...]}; an empty list ends the plan.')
    try:
        return [FaultRule(**rule) for rule in rules]
    except (TypeError, ValueError) as error:
        raise ControlError(f"A rule is wrong: {error}.") from error


def versions_named_in(request: Any) -> frozenset[str]:
    """Every ARN and name by which a request, not checked yet, speaks of versions."""
    if not isinstance(request, dict):
        return frozenset()
    arns = [request.get(name) for name in ("ProjectVersionArn", "SourceProjectVersionArn", "ResourceArn")]
    listed = request.get("VersionNames")
    names = [request.get("VersionName"), *(listed if isinstance(listed, list) else [])]
    texts = [text for text in [*arns, *names] if isinstance(text, str)]
    return frozenset(texts) | {name for text in texts if (name := version_name(text))}
