"""Headquarters' holiday desk."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from portal.base.clock import now
from portal.base.errors import NotFound
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, require, stores_visible_to
from stores.domain.holidays import Choice
from stores.domain.hours import SpecialKind
from stores.forms.holidays import HolidayForm, cell_form
from stores.selectors.day_changes import recent_changes
from stores.selectors.holiday_board import Cell, holiday_board
from stores.selectors.holiday_cell import stores_of_cell
from stores.selectors.holiday_differences import region_differences
from stores.selectors.special_days import wider_days
from stores.services.holidays import Decision, answer_for_areas, answer_for_store, settle_difference
from stores.services.special_days import latest_today, remove_special_day


@page
def holidays(request: HttpRequest) -> HttpResponse:
    """Show the holidays of the next 120 days by area, and answer those that are ticked."""
    require(request.user, May.RUN_FRANCHISE)
    at, stores = now(), stores_visible_to(request.user)
    today = latest_today(at=at)
    board = holiday_board(stores, today=today, language=_language())
    form = HolidayForm(request.POST or None, board=board)
    if form.is_valid():
        _say(request, _decide(request, form.picks, form.choice))
        return redirect("holidays")
    context = {"form": form, "board": board, "changes": recent_changes(at=at)}
    context["differences"] = region_differences(stores, today=today, language=_language())
    return show(request, "stores/holidays.html", {"title": gettext("Holiday desk"), **context})


@page
def holiday_cell(request: HttpRequest, on: str, area: int) -> HttpResponse:
    """Show one holiday in one area store by store; answer for the area, or an exception for a store."""
    require(request.user, May.RUN_FRANCHISE)
    cell = _cell(request, on, area)
    is_exception = "store" in request.POST
    form = cell_form(None if is_exception else request.POST or None, cell)
    if is_exception:
        _answer_store(request, cell)
        return redirect("holiday-cell", on=on, area=area)
    if form.is_valid():
        _say(request, _decide(request, {(cell.on, cell.area_id)}, form.choice))
        return redirect("holiday-cell", on=on, area=area)
    wider, stores = stores_of_cell(cell)
    context = {"cell": cell, "form": form, "wider": wider, "stores": stores}
    return show(request, "stores/holiday_cell.html", {"title": cell.name, **context})


@page
@require_POST
def remove_holiday(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an answer for an area back, so that the holiday is proposed again."""
    require(request.user, May.RUN_FRANCHISE)
    day = get_object_or_404(wider_days(), pk=pk)
    remove_special_day(day=day, at=now())
    messages.success(request, gettext("The answer is taken back; the holiday is proposed again."))
    if day.area_id and "cell" in request.POST:
        return redirect("holiday-cell", on=day.on.isoformat(), area=day.area_id)
    return redirect("holidays")


@page
@require_POST
def holiday_difference(request: HttpRequest) -> HttpResponse:
    """Take over what a new version of the calendar says of one date, with or without its answers."""
    require(request.user, May.RUN_FRANCHISE)
    at = now()
    found = region_differences(stores_visible_to(request.user), today=latest_today(at=at))
    for each in found:
        if each.key == request.POST.get("difference"):
            settle_difference(found=each, follow="follow" in request.POST, author=_user(request), at=at)
            messages.success(request, gettext("The calendar is as the new version has it."))
            return redirect("holidays")
    messages.info(request, gettext("That difference is settled already."))
    return redirect("holidays")


def _cell(request: HttpRequest, on: str, area: int) -> Cell:
    stores = stores_visible_to(request.user).filter(area_id=area)
    board = holiday_board(stores, today=latest_today(at=now()), language=_language())
    for cell in board.cells:
        if cell.on.isoformat() == on:
            return cell
    raise NotFound(gettext("There is no such holiday ahead in this area."))


def _decide(request: HttpRequest, picks: set[tuple[date, int]], choice: Choice | None) -> Decision:
    said: dict[str, Any] = {"picks": picks, "choice": choice, "author": _user(request), "at": now()}
    return answer_for_areas(stores=stores_visible_to(request.user), language=_language(), **said)


def _answer_store(request: HttpRequest, cell: Cell) -> None:
    store = get_object_or_404(stores_visible_to(request.user), pk=request.POST["store"], area=cell.area_id)
    kind = request.POST.get("kind", "")
    choice = Choice(SpecialKind(kind)) if kind in {SpecialKind.CLOSED, SpecialKind.AS_USUAL} else None
    answer_for_store(store=store, on=cell.on, name=cell.name, choice=choice, author=_user(request), at=now())
    messages.success(request, gettext("%(store)s is saved.") % {"store": store.name})


def _say(request: HttpRequest, decision: Decision) -> None:
    messages.success(
        request, gettext("%(count)s holidays of areas are answered.") % {"count": decision.answered}
    )
    if decision.without_suggestion:
        said = {"count": decision.without_suggestion}
        messages.warning(request, gettext("%(count)s have no suggestion and stay open.") % said)


def _language() -> str:
    return get_language() or ""


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
