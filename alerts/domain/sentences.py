"""What an alert says: a title for lists, a sentence with its facts, what to do. Translated when shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from alerts.domain.kinds import Duty, Kind, Severity

Translate = Callable[[str], str]
ShowInstant = Callable[[datetime], str]


def _(text: str) -> str:
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return text


TITLES: Mapping[Kind, str] = {
    Kind.NOT_READY: _("Not ready at opening"),
    Kind.STILL_RUNNING: _("Still running after closing"),
    Kind.STUCK: _("Stuck"),
    Kind.FAILED: _("Cannot be started"),
    Kind.NO_SLOT: _("Waits for a free slot"),
    Kind.QUOTA: _("Quota too small for the next day"),
    Kind.ORPHAN: _("Model that belongs to nobody"),
    Kind.STRAY: _("Runs although nobody needs it"),
    Kind.TICK_OLD: _("The portal does not decide"),
    Kind.AWS_UNREACHABLE: _("AWS does not answer"),
    Kind.ERROR_RATE: _("Photos without an answer"),
    Kind.SLOW: _("Slow answers"),
    Kind.OVER_BUDGET: _("Over budget"),
    Kind.DRIFT: _("The model sees differently"),
    Kind.KEY_UNUSED: _("Key not used"),
    Kind.KEY_LEAKING: _("Key in wrong hands?"),
    Kind.SIGNS_REFUSED: _("CloudWatch takes no signs of life"),
    Kind.METER_DIFFERS: _("AWS counts other minutes"),
}

SENTENCES: Mapping[str, str] = {
    Kind.NOT_READY: _("Customers come at %(opens_at)s and the model is not ready."),
    Kind.STILL_RUNNING: _("Nobody needs the model any more, and AWS does not stop it. It goes on costing."),
    Kind.STUCK: _("AWS has been moving the model for more than 35 minutes."),
    "STUCK:STUCK_STARTING": _("The model has been starting for more than 35 minutes."),
    "STUCK:STUCK_STOPPING": _("The model has been stopping for more than 35 minutes."),
    Kind.FAILED: _("AWS could not start the model. It is tried again."),
    "FAILED:GONE": _("The model version no longer exists in AWS."),
    "FAILED:UNUSABLE": _("This model version can no longer be started."),
    Kind.NO_SLOT: _("The account runs as many models as it may; this one waits."),
    Kind.QUOTA: _("At %(from_at)s %(models)s models are wanted at once, and the account may run %(limit)s."),
    Kind.ORPHAN: _("A model runs that belongs to no deployment. Nobody stops it."),
    Kind.STRAY: _("Nobody needs the model, but its stores do not let the portal stop it."),
    Kind.TICK_OLD: _("Nothing has been decided since the last tick: no model is started or stopped."),
    "TICK_OLD:NEVER": _("No tick has ever finished: no model is started or stopped."),
    Kind.AWS_UNREACHABLE: _("AWS does not answer. The last known states hold and nothing is ordered."),
    "AWS_UNREACHABLE:access_denied": _(
        "AWS denies access. The last known states hold and nothing is ordered."
    ),
    Kind.ERROR_RATE: _("About %(percent)s %% of the photos of the last two hours had no answer."),
    Kind.SLOW: _("About %(percent)s %% of the answers of the last two hours took more than a second."),
    Kind.OVER_BUDGET: _("The budget of %(limit_usd)s USD is used up."),
    "OVER_BUDGET:FORECAST": _("By the forecast the budget of %(limit_usd)s USD will not last."),
    Kind.DRIFT: _("Confidences have moved since the model went live, most of all for “%(label)s”."),
    Kind.KEY_UNUSED: _("This key has not been used for two weeks."),
    "KEY_UNUSED:NEVER": _("This key was made two weeks ago and has never been used."),
    Kind.KEY_LEAKING: _("This key is used from many networks at once."),
    "KEY_LEAKING:ENDED": _("Somebody uses this key although it has ended."),
    Kind.SIGNS_REFUSED: _("CloudWatch refuses the portal's metrics. Its alarm of a silent portal rings."),
    "SIGNS_REFUSED:DENIED": _(
        "The portal may not write metrics to CloudWatch. Its alarm of a silent portal rings."
    ),
    "SIGNS_REFUSED:UNANSWERED": _("CloudWatch does not answer. Its alarm of a silent portal rings."),
    "SIGNS_REFUSED:CONNECTION": _(
        "Metrics should go to a connection that is not there. The alarm of a silent portal rings."
    ),
    Kind.METER_DIFFERS: _("The ledger bills %(billed)s unit minutes, and CloudWatch counted %(metered)s."),
    "METER_DIFFERS:OUTSIDE": _("CloudWatch counted %(metered)s unit minutes that belong to no run."),
}  # fmt: skip

CAUSES: Mapping[str, str] = {
    "NO_VERSION": _("No live version is chosen."),
    "QUOTA": _("The account's quota of running models is used up."),
    "START_FAILED": _("AWS could not start it; it is tried again."),
    "GONE": _("The version no longer exists in AWS."),
    "UNUSABLE": _("The version can no longer be started."),
    "ACCESS_DENIED": _("AWS denies access."),
    "STUCK_STARTING": _("It has been starting for more than 35 minutes."),
    "STUCK_STOPPING": _("It has been stopping for more than 35 minutes."),
    "SLOW_START": _("It is starting, too slowly or too late."),
    "LATE_START": _("It has not begun to start."),
    "MAY_NOT_START": _("Its stores are stop-only: a person must start it."),
}

ADVICE: Mapping[Kind, str] = {
    Kind.NOT_READY: _("Tell the shop to type the breads in by hand until it is ready."),
    Kind.STILL_RUNNING: _("Stop it in AWS's console or with the AWS CLI if this lasts."),
    Kind.STUCK: _("AWS cannot stop a starting model: wait, or open a support case."),
    Kind.FAILED: _("Read AWS's message in the run ledger, or make another version live."),
    Kind.NO_SLOT: _("Ask AWS for a higher quota, let stores share a deployment, or stop another model."),
    Kind.QUOTA: _("Ask AWS for a higher quota today, or let stores share a deployment."),
    Kind.ORPHAN: _("Stop it on the page of the version, or make it live."),
    Kind.STRAY: _("Stop it by an override, or change the store's control."),
    Kind.TICK_OLD: _("Look at the logs of the worker and the clock; start and stop by hand until then."),
    Kind.AWS_UNREACHABLE: _("Look at AWS's health page and at the connection's credentials."),
    Kind.ERROR_RATE: _("The page of health tells which errors."),
    Kind.SLOW: _("More inference units answer more photos at once; look at the line of the store."),
    Kind.OVER_BUDGET: _("The spend page tells what costs; opening hours are never cut."),
    Kind.DRIFT: _("Look at the store's doubtful photos: a new bread, another lamp, a dirty lens?"),
    Kind.KEY_UNUSED: _("Revoke it if no register needs it."),
    Kind.KEY_LEAKING: _("Rotate it, and find out who has it."),
    Kind.SIGNS_REFUSED: _(
        "Look at KAMADO_CLOUDWATCH_…, and at cloudwatch:PutMetricData in the portal's policy."
    ),
    Kind.METER_DIFFERS: _("“Reconcile” on the page of model versions gives every minute a name."),
}  # fmt: skip

SEVERITIES: Mapping[Severity, str] = {
    Severity.CRITICAL: _("Critical"),
    Severity.WARNING: _("Warning"),
    Severity.INFO: _("For information"),
}

DUTIES: Mapping[Duty, str] = {
    Duty.HQ: _("Headquarters"),
    Duty.AREA_MANAGER: _("Area manager"),
    Duty.OWNER: _("Store owner"),
    Duty.ANALYST: _("Analyst"),
}


def say(
    kind: Kind, cause: str, params: Mapping[str, Any], *, translate: Translate, show_instant: ShowInstant
) -> str:
    """Return what is wrong as a sentence or two; a parameter that is missing is shown as a dash."""
    text = SENTENCES.get(f"{kind}:{cause}") or SENTENCES[kind]
    filled = _Filled({name: _shown(name, value, show_instant) for name, value in params.items()})
    sentence = translate(text) % filled
    because = CAUSES.get(cause) if kind is Kind.NOT_READY else None
    return f"{sentence} {translate(because)}" if because else sentence


class _Filled(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "–"


def _shown(name: str, value: Any, show_instant: ShowInstant) -> Any:
    return show_instant(datetime.fromisoformat(value)) if name.endswith("_at") else value
