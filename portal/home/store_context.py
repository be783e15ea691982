"""What the store page shows, gathered from selectors; the live part alone for its refreshes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from detections.domain.closing import How
from detections.models import CloseQuestion
from detections.selectors.closing import open_question
from detections.services.close_mail import sign_link
from models_registry.forms.overrides import CloseEarlyForm, ControlForm, KeepStoppedForm, OpenLateForm
from models_registry.selectors.budgets import budget_states, waiting_requests
from models_registry.selectors.fleet import FleetRow
from models_registry.selectors.forecast import month_forecast
from models_registry.selectors.owner import live_guards
from models_registry.selectors.pulse import pulse
from models_registry.selectors.safety import safety_shown
from models_registry.selectors.store_page import live_overrides, newest_decisions, offers, store_row
from models_registry.selectors.timeline import timeline
from portal.base.models import User
from portal.home.proposing import undo_context
from stores.access import May, Person, may
from stores.domain.localtime import local_date
from stores.domain.typed import hours_text
from stores.models import Store
from stores.selectors.rules import rules_of
from stores.selectors.special_days import days_ahead

DAYS_BACK, DAYS_AHEAD = 1, 14
SPECIAL_DAYS = 8


def live_context(store: Store, *, person: Person, at: datetime) -> dict[str, Any]:
    """Return the part that is fresh every five seconds."""
    row = store_row(store, at=at)
    question = open_question(store, at=at)
    return {
        "now": at,
        "store": row.store,
        "row": row,
        "overrides": live_overrides(store, row.deployment, at=at),
        "decisions": newest_decisions(row.deployment),
        "pulse": pulse(at),
        "safety": safety_shown(row.deployment),
        "question": question,
        "question_link": _question_link(question, person) if question else "",
        "guards": live_guards(store, row.deployment, at=at),
        **undo_context(store, at=at),
    }


def page_context(request: HttpRequest, store: Store, *, at: datetime, **forms: Any) -> dict[str, Any]:
    """Return everything the page shows; `forms` brings one back with what was typed and what is wrong."""
    live = live_context(store, person=request.user, at=at)
    row: FleetRow = live["row"]
    today = local_date(store.timezone, at)
    mine = Store.objects.filter(pk=store.pk)
    return {
        "title": store.name,
        **live,
        "may_override": may(request.user, May.OVERRIDE, store),
        "may_control": may(request.user, May.CONTROL, store),
        "may_edit_hours": may(request.user, May.EDIT_HOURS, store),
        "offers": offers(store, row.deployment, at=at),
        "open_late": OpenLateForm(store=store, at=at),
        "close_early": CloseEarlyForm(),
        "tomorrow": today + timedelta(days=1),
        "keep_stopped": KeepStoppedForm(store=store, at=at),
        "control": ControlForm(initial={"control": store.control}),
        "week": _week(store, at),
        "special_days": days_ahead(store, today=today)[:SPECIAL_DAYS],
        "forecast": _forecast(store, at),
        "budgets": budget_states(mine, at=at),
        "waiting_requests": waiting_requests(mine, at=at),
        "days": timeline(
            store,
            row.deployment,
            first_on=today - timedelta(days=DAYS_BACK),
            days=DAYS_BACK + DAYS_AHEAD,
            at=at,
            mark=at,
        ),
        **forms,
    }


def _question_link(question: CloseQuestion, person: Person) -> str:
    """Return where this person answers the question before closing; nowhere for one who may not."""
    if not isinstance(person, User) or not may(person, May.OVERRIDE, question.store):
        return ""
    return reverse("close-question", args=[sign_link(question, person, How.PAGE)])


def _week(store: Store, at: datetime) -> list[dict[str, Any]]:
    """Return the seven weekdays, Monday first, with the dates of this week and their hours in words."""
    today = local_date(store.timezone, at)
    monday = today - timedelta(days=today.weekday())
    rules = rules_of([store], first_on=today, last_on=today)[store.pk]
    return [
        {
            "on": monday + timedelta(days=index),
            "hours": hours_text(hours),
            "is_today": index == today.weekday(),
        }
        for index, hours in enumerate(rules.weekly)
    ]


def _forecast(store: Store, at: datetime) -> Any:
    """Return the store's forecast of its local month."""
    month = local_date(store.timezone, at)
    return month_forecast(Store.objects.filter(pk=store.pk), month=month, at=at).rows[0]
