"""Models that run and belong to no deployment: a person may ask to stop them, nobody else does."""

from __future__ import annotations

from datetime import datetime

from models_registry.domain.lifecycle import Action
from models_registry.models import Decision, Run
from portal.base.models import User
from stores.domain.sentences import Refusal


class NotAnOrphan(Refusal):
    """The run belongs to a deployment, which decides itself when to stop."""

    code = "not_an_orphan"


def ask_to_stop(*, run: Run, author: User | None, at: datetime) -> bool:
    """Write down that a person wants an orphan stopped; the next tick stops it. Tell whether it is news."""
    if run.deployment_id is not None:
        raise NotAnOrphan("This model belongs to a deployment. Stop it there.")
    claimed = Run.objects.filter(
        pk=run.pk, ended_at__isnull=True, deployment__isnull=True, stop_wanted_at__isnull=True
    ).update(stop_wanted_at=at)
    if claimed == 1:
        Decision.objects.create(
            version_id=run.version_id,
            at=at,
            is_wanted=False,
            observed=run.version.status,
            action=Action.STOP.value,
            code="ORPHAN_STOP",
            params={"author": (author.get_full_name() or author.get_username()) if author else ""},
        )
    return claimed == 1
