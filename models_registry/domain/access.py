"""What a check of a connection asks of AWS, and how it judges the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from models_registry.domain.iam import Scope, group_arn, partition_of
from models_registry.domain.iam_evaluation import Policy, Request, UnknownElement, is_allowed

CUSTOM_LABELS_REGIONS = frozenset(
    {
        "us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-central-1", "eu-west-1", "eu-west-2",
        "ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2",
    }
)  # fmt: skip
"""Regions with Custom Labels, from AWS's own sample of 2024 (amazon-rekognition-custom-labels-demo)."""
MOST_SKEW = timedelta(minutes=5)
"""AWS refuses a signature whose time is further from its own clock (SigV4)."""
DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"}
)
NO_ANSWER = "NoAnswer"


class Outcome(StrEnum):
    """What is known of one thing after the check."""

    WORKS = "works"
    MISSING = "missing"
    WARNING = "warning"
    NOT_TRIED = "not tried"
    UNCLEAR = "unclear"


BAD = frozenset({Outcome.MISSING, Outcome.UNCLEAR})
"""With one of these the connection is not known to work."""


def _(text: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is said."""
    return text


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check: a thing, what is known of it, a sentence, and what mends it."""

    outcome: Outcome
    subject: str
    text: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    on: str = ""
    """The resource that it was tried on."""
    mend: str = ""
    """The command and the line of its output that mend it."""

    @property
    def sentence(self) -> str:
        """Return the sentence in English."""
        return self.text % self.params

    def to_dict(self) -> dict[str, str]:
        """Return plain JSON values."""
        return {
            "outcome": self.outcome, "subject": self.subject, "on": self.on,
            "sentence": self.sentence, "mend": self.mend,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reply:
    """What AWS answered: no code is success; NO_ANSWER is none at all. `at` is AWS's own clock."""

    code: str = ""
    said: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


class Look(Protocol):
    """One identity in one account and region, asking single questions. Never raises what AWS answers."""

    def ask(self, service: str, operation: str, arguments: Mapping[str, Any]) -> Reply:
        """Make one call, once."""
        ...


def judge_clock(theirs: datetime | None, ours: datetime) -> Finding:
    """Compare this machine's clock with the Date of an answer."""
    subject = "clock"
    if theirs is None:
        return Finding(Outcome.UNCLEAR, subject, _("AWS told no time."))
    skew = ours - theirs
    params = {"minutes": round(abs(skew).total_seconds() / 60), "seconds": round(abs(skew).total_seconds())}
    if abs(skew) < MOST_SKEW:
        return Finding(Outcome.WORKS, subject, _("At most %(seconds)s s beside AWS's."), params)
    ahead = _("This machine's clock is %(minutes)s min ahead: AWS refuses signed requests. Set it by NTP.")
    behind = _("This machine's clock is %(minutes)s min behind: AWS refuses signed requests. Set it by NTP.")
    return Finding(Outcome.MISSING, subject, ahead if skew > timedelta(0) else behind, params)


def judge_partition(region: str, arns: Mapping[str, str]) -> list[Finding]:
    """Name every ARN that lies in another partition than the region; `arns` are by what they are."""
    partition = partition_of(region)
    strays = {name: arn for name, arn in arns.items() if arn and arn.split(":")[1] != partition}
    told = _(
        "The %(name)s lies in the partition %(theirs)s, the region %(region)s in %(ours)s: nothing reaches "
        "across. Name one of %(ours)s, or choose another region."
    )
    return [
        Finding(
            Outcome.MISSING, "partition", told,
            {"name": name, "theirs": arn.split(":")[1], "region": region, "ours": partition}, on=arn,
        )
        for name, arn in strays.items()
    ] or [Finding(Outcome.WORKS, "partition", "%(ours)s", {"ours": partition})]  # fmt: skip


def judge_region(region: str, projects: Reply) -> Finding:
    """Tell whether a region has Custom Labels: by the list, and by what DescribeProjects answers."""
    params = {"region": region, "regions": ", ".join(sorted(CUSTOM_LABELS_REGIONS))}
    is_listed, is_there = region in CUSTOM_LABELS_REGIONS, not projects.code or projects.code in DENIED
    if is_listed and projects.code == NO_ANSWER:
        text = _("Amazon Rekognition does not answer in %(region)s: %(said)s")
        return Finding(Outcome.UNCLEAR, "region", text, params | {"said": projects.said})
    if is_listed:
        return Finding(Outcome.WORKS, "region", "%(region)s", params)
    if is_there:
        text = _("%(region)s is not among the regions known to have Custom Labels, but answers.")
        return Finding(Outcome.WARNING, "region", text, params)
    text = _("%(region)s has no Custom Labels. Choose one of %(regions)s.")
    return Finding(Outcome.MISSING, "region", text, params)


def judge_trust(trust: Policy, scope: Scope, mend: str) -> Finding:
    """Tell whom the scheduler's role trusts: our group, and nobody who should not be."""
    subject, role = "trust of the scheduler's role", scope.scheduler_role_arn

    def trusts(account: str, arn: str) -> bool:
        context = {"aws:SourceAccount": account, "aws:SourceArn": arn}
        who = ("Service", "scheduler.amazonaws.com")
        return is_allowed([trust], Request("sts:AssumeRole", principal=who, context=context))

    ours, other = group_arn(scope), "999999999999" if scope.account != "999999999999" else "111111111111"
    try:
        may_we = trusts(scope.account, ours)
        may_others = trusts(other, ours.replace(scope.account, other))
        may_neighbours = trusts(scope.account, f"{ours}-another")
    except UnknownElement as error:
        text = _("It has a condition that is not understood here: %(said)s")
        return Finding(Outcome.UNCLEAR, subject, text, {"said": str(error)}, on=role, mend=mend)
    params = {"group": scope.group}
    if not may_we:
        text = _("It does not trust the scheduler for the group %(group)s: no schedule would do anything.")
        return Finding(Outcome.MISSING, subject, text, params, on=role, mend=mend)
    if may_others:
        text = _("It has no condition aws:SourceAccount: schedules of other accounts could use it.")
        return Finding(Outcome.MISSING, subject, text, params, on=role, mend=mend)
    if may_neighbours:
        text = _("It has no condition aws:SourceArn: other schedule groups of the account can use it.")
        return Finding(Outcome.WARNING, subject, text, params, on=role, mend=mend)
    return Finding(
        Outcome.WORKS, subject, _("The scheduler, for the group %(group)s alone."), params, on=role
    )


def judge_quota(reply: Reply, *, name: str, code: str, ours: int) -> Finding:
    """Compare a quota of the account with the number that planning goes by."""
    params: dict[str, Any] = {"name": name, "code": code, "ours": ours}
    value = reply.content.get("Quota", {}).get("Value")
    if reply.code in DENIED:
        text = _("Not read: servicequotas:GetServiceQuota is denied.")
        return Finding(Outcome.NOT_TRIED, name, text, params)
    if value is None:
        text = _("Service Quotas tells no number for %(code)s; AWS's own page in the console does.")
        return Finding(Outcome.NOT_TRIED, name, text, params)
    params["theirs"] = int(value)
    if int(value) < ours:
        text = _(
            "AWS allows %(theirs)s, this connection plans with %(ours)s. Ask for more under Service Quotas → "
            "Amazon Rekognition (%(code)s), or lower it here."
        )
        return Finding(Outcome.MISSING, name, text, params)
    if int(value) > ours:
        text = _("AWS allows %(theirs)s, this connection plans with %(ours)s: it may be raised here.")
        return Finding(Outcome.WORKS, name, text, params)
    return Finding(Outcome.WORKS, name, "%(theirs)s", params)
