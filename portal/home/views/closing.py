"""The question before closing, behind a signed link: no sign-in, the price of each answer, one answer."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache

from detections.domain.closing import Answer, How
from detections.models import CloseQuestion
from detections.selectors.closing import question_of
from detections.services.close_mail import read_link
from detections.services.closing import answer_question, draft_answer
from models_registry.domain.preview import Preview
from models_registry.services.budgets import HeldBack, NeedsApproval
from models_registry.services.drafts import preview_draft
from models_registry.services.override_requests import ask_headquarters
from portal.base import clock
from portal.base.audit.acting import Actor, acting
from portal.base.audit.requests import client_address
from portal.base.errors import InvalidInput
from portal.base.models import User
from portal.base.site import show
from stores.access import May, may
from stores.services.wording import in_words

ORIGIN = "POST /close/"
"""As the audit trail says it: never with the token, which is a key."""


class Choice(NamedTuple):
    """One answer as the page offers it: what it would change, or why it cannot be given."""

    answer: Answer
    seen: Preview | None
    reason: str
    can_ask: bool = False


@never_cache
def close_question(request: HttpRequest, token: str) -> HttpResponse:
    """Show the question with the price of each answer; a POST answers, once."""
    question, person, how = _opened(token)
    language = (get_language() or "ja") if request.user.is_authenticated else person.language
    with translation.override(language):
        context: dict[str, Any] = {"question": question, "store": question.store, "now": clock.now()}
        status = 200
        if request.method == "POST":
            refused = _answer(request, question, person, how)
            status = 409 if refused else 200
            context["refused"] = refused
            question.refresh_from_db()
        context["choices"] = [] if question.answer else _choices(question, person)
        context["first"] = request.GET.get("answer", "")
        context["is_past"] = context["now"] >= question.stop_at
        return show(request, "home/close_question.html", context, status=status)


def _opened(token: str) -> tuple[CloseQuestion, User, How]:
    """Return what the link opens; 404 for a forged or old one, and for who may no longer answer."""
    link = read_link(token)
    question = question_of(link.question) if link else None
    person = User.objects.filter(pk=link.person, is_active=True).first() if link else None
    if link is None or question is None or person is None or not may(person, May.OVERRIDE, question.store):
        raise Http404(gettext("This link is no longer good. Open the store’s page instead."))
    return question, person, link.how


def _answer(request: HttpRequest, question: CloseQuestion, person: User, how: How) -> str:
    """Answer; return why that cannot be, or nothing."""
    said = request.POST.get("answer", "")
    if said not in set(Answer):
        return gettext("Choose one of the answers.")
    if said == Answer.ALWAYS and not may(person, May.EDIT_HOURS, question.store):
        return gettext("You may not change the opening hours. Ask headquarters.")
    try:
        with acting(lambda: Actor(ORIGIN, person.pk, person.display_name, client_address(request))):
            answer_question(question=question, answer=Answer(said), author=person, how=how, at=clock.now())
    except NeedsApproval as error:
        ask_headquarters(question=error.question, author=person, at=clock.now())
        return f"{error.message} {gettext('Headquarters is asked; until it says yes the plan holds.')}"
    except (InvalidInput, HeldBack) as error:
        return in_words(error)
    return ""


def _choices(question: CloseQuestion, person: User) -> list[Choice]:
    answers = [Answer.LATER, Answer.AS_PLANNED, *([Answer.ALWAYS] if question.opens_on else [])]
    return [_choice(question, person, answer) for answer in answers]


def _choice(question: CloseQuestion, person: User, answer: Answer) -> Choice:
    at = clock.now()
    try:
        draft = draft_answer(question, answer, at=at)
        return Choice(answer, preview_draft(draft, author=person, at=at) if draft else None, "")
    except NeedsApproval as error:
        return Choice(answer, None, error.message, can_ask=True)
    except (InvalidInput, HeldBack) as error:
        return Choice(answer, None, in_words(error))
