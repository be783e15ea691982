"""Owners are asked before their model stops under running trays, and answer once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from detections.domain.closing import LONGER, Answer, CannotAnswer, How
from detections.models import CloseQuestion
from detections.selectors.closing import closings_to_ask
from models_registry.services.drafts import Draft, draft_later_weekday, draft_longer
from models_registry.services.edits import save_edit
from portal.base.models import User


def ask_before_close(*, at: datetime, from_trays: int) -> int:
    """Write down a question for every store that is to be asked now; return how many are new."""
    rows = [
        CloseQuestion(
            store=each.store, stop_at=each.stop_at, asked_at=at, trays=each.trays, opens_on=each.opens_on
        )
        for each in closings_to_ask(at=at, from_trays=from_trays)
    ]
    before = CloseQuestion.objects.count() if rows else 0
    CloseQuestion.objects.bulk_create(rows, ignore_conflicts=True)
    return CloseQuestion.objects.count() - before if rows else 0


def draft_answer(question: CloseQuestion, answer: Answer, *, at: datetime) -> Draft | None:
    """Return the edit that an answer means; None where the plan stays. Raises CannotAnswer."""
    if at >= question.stop_at:
        raise CannotAnswer("It is too late: the planned stop is past.")
    match answer:
        case Answer.AS_PLANNED:
            return None
        case Answer.LATER:
            return draft_longer(store=question.store, at=at, ends_at=question.stop_at + LONGER)
        case Answer.ALWAYS:
            if question.opens_on is None:
                raise CannotAnswer("Tonight’s closing does not come from the week, so there is no weekday.")
            store, minutes = question.store, int(LONGER.total_seconds()) // 60
            closes_at = question.stop_at - timedelta(minutes=store.close_buffer_minutes)
            return draft_later_weekday(
                store=store, on=question.opens_on, closes_at=closes_at, minutes=minutes
            )


@transaction.atomic
def answer_question(
    *, question: CloseQuestion, answer: Answer, author: User, how: How, at: datetime
) -> CloseQuestion:
    """Take the first answer and do what it says; raise CannotAnswer for a later one, or after the stop.

    Raises what the edit raises: then nothing was answered.
    """
    draft = draft_answer(question, answer, at=at)
    claimed = CloseQuestion.objects.filter(pk=question.pk, answer="", stop_at__gt=at).update(
        answer=answer.value, answered_at=at, answered_by=author, how=how.value
    )
    if claimed != 1:
        raise CannotAnswer("This was answered already.")
    if draft is not None:
        save_edit(draft=draft, author=author, at=at)
    question.refresh_from_db()
    return question
