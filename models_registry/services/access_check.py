"""Try every permission that a connection needs, harmlessly, and say what is missing and what mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from models_registry.domain import access, iam, trials
from models_registry.domain.access import DENIED, NO_ANSWER, Finding, Look, Outcome, Reply
from models_registry.domain.permissions import Feature, Form, grants
from models_registry.domain.trials import NOT_TRIED, PAID, TRIALS, Target
from models_registry.models import Connection

MOST_RESOURCES = 10
"""So many projects are tried, each a handful of calls; the sweep looks at all of them anyway."""
ROLE = "must allow AWS EventBridge Scheduler to assume the role"
"""How CreateSchedule says that the trust of the role does not fit (ValidationException)."""


def _(text: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is said."""
    return text


@dataclass(frozen=True, slots=True)
class Party:
    """An identity, what it needs where, and the command that prints its policy."""

    look: Look
    scope: iam.Scope
    features: frozenset[Feature]
    command: str

    def mend(self, sid: str, action: str) -> str:
        """Return the line of the printed policy that grants an action."""
        line = iam.line_of(iam.portal_policy([(self.scope, self.features)]), sid, action)
        return f"{self.command}: line {line}, {sid}"


@dataclass(frozen=True, slots=True)
class Means:
    """What a check is done with: who works in the account, who keeps pictures where that is another
    identity, and the same role asked for without its external ID."""

    worker: Party
    keeper: Party | None
    bare: Look | None
    now: Callable[[], datetime]
    is_paid: bool = False


def check_connection(connection: Connection, means: Means) -> list[Finding]:
    """Return every finding, in the order in which they are best mended. Writes nothing of ours."""
    look = means.worker.look
    who = look.ask("sts", "get_caller_identity", {})
    found = [*_identity(connection, who, means), access.judge_clock(who.at, means.now())]
    if who.code:
        return found
    arns = {
        "role": connection.role_arn,
        "scheduler role": connection.scheduler_role_arn,
        "dead-letter queue": connection.dead_letter_arn,
        "identity": str(who.content["Arn"]),
    }
    found += access.judge_partition(connection.region, arns)
    projects = look.ask("rekognition", "describe_projects", {"MaxResults": 1})
    found.append(access.judge_region(connection.region, projects))
    found += _permissions(means.worker, means)
    if means.keeper is not None:
        found += _permissions(means.keeper, means)
    if Feature.SCHEDULES in means.worker.features:
        found.append(_trust(means.worker))
    found += _quotas(connection, look)
    return found


def _identity(connection: Connection, who: Reply, means: Means) -> Iterator[Finding]:
    if who.code == "RoleNotAssumed":
        yield Finding(Outcome.MISSING, "identity", "%(said)s", {"said": who.said}, on=connection.role_arn)
        return
    if who.code:
        is_silent = who.code == NO_ANSWER
        text = (
            _("AWS STS does not answer: %(said)s")
            if is_silent
            else _("AWS does not take these credentials (%(code)s): %(said)s")
        )
        outcome = Outcome.UNCLEAR if is_silent else Outcome.MISSING
        yield Finding(outcome, "identity", text, {"code": who.code, "said": who.said})
        return
    arn, account = str(who.content["Arn"]), str(who.content["Account"])
    params = {"account": account, "known": means.worker.scope.account}
    if account != means.worker.scope.account:
        text = _("These credentials are of the account %(account)s, the projects of %(known)s.")
        yield Finding(Outcome.MISSING, "identity", text, params, on=arn)
    else:
        yield Finding(Outcome.WORKS, "identity", _("Account %(account)s"), params, on=arn)
    if connection.role_arn:
        yield _external_id(connection, means.bare)


def _external_id(connection: Connection, bare: Look | None) -> Finding:
    """Assume the role without the external ID: that has to fail."""
    subject, mend = "external ID", f'iam_policy --connection "{connection.name}" --only account-trust'
    if not connection.external_id:
        text = _("None: whoever learns the role's name could have the portal work there for them.")
        return Finding(Outcome.WARNING, subject, text, on=connection.role_arn, mend=mend)
    if bare is not None and not bare.ask("sts", "get_caller_identity", {}).code:
        text = _("The role can be assumed without it: its trust policy lacks sts:ExternalId.")
        return Finding(Outcome.MISSING, subject, text, on=connection.role_arn, mend=mend)
    return Finding(Outcome.WORKS, subject, _("The role is not assumed without it."), on=connection.role_arn)


def _permissions(party: Party, means: Means) -> Iterator[Finding]:
    """Try every action of every statement on each of its resources, buckets before what lies in them."""
    missing_group = _missing_group(party)
    yield from missing_group
    hidden: set[str] = set()
    for grant in grants(party.features):
        for resource in iam.resources(grant.form, party.scope)[:MOST_RESOURCES]:
            target = Target(party.scope, resource, means.now())
            for action in grant.actions:
                if missing_group and grant.form in {Form.SCHEDULE, Form.GROUP}:
                    text = _("Not tried until the schedule group is there.")
                    yield Finding(Outcome.NOT_TRIED, action, text, on=resource)
                    continue
                found = _tried(party, grant.sid, action, target, means.is_paid)
                if action == "s3:ListBucket" and found.outcome is Outcome.MISSING:
                    hidden.add(target.bucket)
                yield _unhidden(found, hidden, target)


def _missing_group(party: Party) -> list[Finding]:
    if Feature.SCHEDULES not in party.features:
        return []
    scope = party.scope
    if party.look.ask("scheduler", "get_schedule_group", {"Name": scope.group}).code not in trials.GONE:
        return []
    text = _("There is no schedule group %(group)s in %(region)s.")
    mend = f"aws scheduler create-schedule-group --name {scope.group} --region {scope.region}"
    params = {"group": scope.group, "region": scope.region}
    return [Finding(Outcome.MISSING, "schedule group", text, params, on=iam.group_arn(scope), mend=mend)]


def _tried(party: Party, sid: str, action: str, target: Target, is_paid: bool) -> Finding:
    if reason := NOT_TRIED.get(action) or (not is_paid and PAID.get(action)):
        return Finding(Outcome.NOT_TRIED, action, str(reason), on=target.resource)
    trial = TRIALS[action]
    reply = party.look.ask(trial.service, trial.operation, trial.arguments(target))
    if not reply.code or reply.code in trial.harmless:
        return Finding(Outcome.WORKS, action, on=target.resource)
    params = {"code": reply.code, "said": reply.said}
    if ROLE in reply.said:
        mend = party.command.rpartition(" ")[0] + " scheduler-trust"
        return Finding(
            Outcome.MISSING, "iam:PassRole", "%(said)s", params, on=target.scope.scheduler_role_arn, mend=mend
        )
    if reply.code in DENIED:
        is_passing = "iam:PassRole" in reply.said
        denied, by = ("iam:PassRole", "HandRoleToScheduler") if is_passing else (action, sid)
        text = _("AWS denies it: %(said)s")
        return Finding(Outcome.MISSING, denied, text, params, on=target.resource, mend=party.mend(by, denied))
    if reply.code == "NoSuchBucket":
        return Finding(Outcome.MISSING, action, _("There is no such bucket."), params, on=target.resource)
    text = _("AWS answered neither yes nor no: %(code)s %(said)s")
    return Finding(Outcome.UNCLEAR, action, text, params, on=target.resource)


def _unhidden(found: Finding, hidden: set[str], target: Target) -> Finding:
    """Without s3:ListBucket an object that is not there looks forbidden: then nothing is known of it."""
    is_object = found.subject.startswith("s3:GetObject")
    if found.outcome is not Outcome.MISSING or not is_object or target.bucket not in hidden:
        return found
    text = _("Not known until s3:ListBucket is granted: without it a missing object looks forbidden.")
    return Finding(Outcome.NOT_TRIED, found.subject, text, on=found.on)


def _trust(party: Party) -> Finding:
    role, subject = party.scope.scheduler_role_arn, "trust of the scheduler's role"
    if not role:
        text = _("No role is named: no schedule can be made.")
        return Finding(Outcome.MISSING, subject, text, mend="AWS connections → scheduler role ARN")
    reply = party.look.ask("iam", "get_role", {"RoleName": role.rpartition("/")[2]})
    if reply.code:
        text = _("Not checked: %(code)s %(said)s")
        outcome = Outcome.MISSING if reply.code == "NoSuchEntity" else Outcome.NOT_TRIED
        return Finding(outcome, subject, text, {"code": reply.code, "said": reply.said}, on=role)
    mend = party.command.rpartition(" ")[0] + " scheduler-trust"
    return access.judge_trust(reply.content["Role"]["AssumeRolePolicyDocument"], party.scope, mend)


def _quotas(connection: Connection, look: Look) -> Iterator[Finding]:
    planned = (
        (_("running models"), trials.RUNNING_MODELS, connection.max_running_models),
        (_("inference units a model"), trials.INFERENCE_UNITS, connection.max_inference_units),
    )
    for name, code, ours in planned:
        reply = look.ask("service-quotas", "get_service_quota", trials.quota(code))
        yield access.judge_quota(reply, name=name, code=code, ours=ours)
