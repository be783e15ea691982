"""Overrides that wait for headquarters' yes: asked, granted, refused; unanswered they lapse by themselves."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from models_registry.domain.budgets import lapses_at
from models_registry.domain.overrides import OverrideKind
from models_registry.models import Override, OverrideRequest
from models_registry.services.budgets import Question
from models_registry.services.overrides import OverrideOrder, set_override
from portal.base.errors import PortalError
from portal.base.models import User


class AlreadyAnswered(PortalError):
    """Somebody answered before, or nobody did in time."""

    code = "already_answered"


@transaction.atomic
def ask_headquarters(*, question: Question, author: User | None, at: datetime) -> OverrideRequest:
    """Write the question down; one that the same store still has open is replaced."""
    open_ones = OverrideRequest.objects.select_for_update().filter(
        store=question.store, answer="", lapses_at__gt=at
    )
    list(open_ones.order_by("id"))
    open_ones.delete()
    return OverrideRequest.objects.create(
        store=question.store,
        budget_id=question.budget_id,
        starts_at=question.starts_at,
        ends_at=question.ends_at,
        why=question.why,
        usd=question.usd,
        author=author,
        asked_at=at,
        lapses_at=lapses_at(question.starts_at, question.ends_at, at=at),
    )


@transaction.atomic
def grant(*, request: OverrideRequest, by: User, at: datetime) -> Override:
    """Say yes: the override is set, from now on if its beginning has passed. Raises AlreadyAnswered."""
    asked = _claim(request, OverrideRequest.Answer.GRANTED, by, at)
    order = OverrideOrder(
        OverrideKind.RUN, max(asked.starts_at, at), asked.ends_at, asked.why, store=asked.store
    )
    override = set_override(order=order, author=by, at=at)
    OverrideRequest.objects.filter(pk=asked.pk).update(override=override)
    return override


def refuse(*, request: OverrideRequest, by: User, at: datetime) -> None:
    """Say no. Raises AlreadyAnswered."""
    _claim(request, OverrideRequest.Answer.REFUSED, by, at)


def _claim(
    request: OverrideRequest, answer: OverrideRequest.Answer, by: User, at: datetime
) -> OverrideRequest:
    """Answer once, and in time."""
    waiting = OverrideRequest.objects.filter(pk=request.pk, answer="", lapses_at__gt=at)
    if waiting.update(answer=answer, answered_at=at, answered_by=by) != 1:
        raise AlreadyAnswered(gettext("This request was answered already, or it has lapsed."))
    return OverrideRequest.objects.select_related("store").get(pk=request.pk)
