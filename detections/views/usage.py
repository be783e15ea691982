"""The usage scan of a store: trays by quarter of an hour under its hours, and other hours with one button."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from detections.domain.usage import QUARTER, Proposal, Week, quarters
from detections.selectors.usage import Usage, usage_of
from portal.base import clock
from portal.base.errors import InvalidInput, NotFound
from portal.base.models import User
from portal.base.site import page, show
from stores.access import May, may, store_for
from stores.domain.hours import DayHours
from stores.domain.typed import hours_text
from stores.models import Store
from stores.services.hours import Hours, hours_of, save_hours
from stores.services.wording import in_words

SALT = "detections.usage-week"
HELD_SECONDS = 3_600
UNDO_SECONDS = 600
SHARES = {"0": Decimal(0), "0.1": Decimal("0.001"), "0.5": Decimal("0.005"), "1": Decimal("0.01")}
HEIGHT, FLOOR = 36, 38


@page
def usage(request: HttpRequest, code: str) -> HttpResponse:
    """Show eight weeks of trays and what they propose."""
    store = store_for(request.user, code)
    at = clock.now()
    chosen = request.GET.get("misses", "0")
    found = usage_of(store, share=SHARES.get(chosen, Decimal(0)), at=at)
    hours = hours_of(store)
    context = {
        "title": gettext("Usage"), "store": store, "usage": found, "chosen": chosen,
        "shares": [(key, f"{key} %") for key in SHARES],
        "may_edit": may(request.user, May.EDIT_HOURS, store),
        "rows": _rows(found), "from_quarter": _first_quarter(found),
        "trims": [_shown(each, store, hours, found.week) for each in found.trims],
        "extensions": [_shown(each, store, hours, found.week) for each in found.extensions],
        "all_trims": _token(store, found.trimmed, hours) if len(found.trims) > 1 else "",
        "undo": _undo(request),
    }  # fmt: skip
    return show(request, "detections/usage.html", context)


@page
@require_POST
def usage_apply(request: HttpRequest, code: str) -> HttpResponse:
    """Write the week that the page proposed, or the one before it."""
    store = store_for(request.user, code, May.EDIT_HOURS)
    try:
        said = signing.loads(request.POST.get("week", ""), salt=SALT, max_age=HELD_SECONDS)
    except signing.BadSignature:
        raise InvalidInput(gettext("This proposal is too old. Look at the usage again.")) from None
    if said["store"] != store.pk:
        raise NotFound(gettext("This proposal is for another store."))
    before = hours_of(store)
    week = tuple(tuple((opens, closes) for opens, closes in day) for day in said["week"])
    after = Hours(week, before.open_buffer_minutes, before.close_buffer_minutes)
    try:
        save_hours(store=store, hours=after, seen=said["seen"], author=cast(User, request.user))
    except InvalidInput as error:
        messages.error(request, in_words(error))
        return redirect("store-usage", code=code)
    messages.success(request, gettext("The hours are saved."))
    query = "" if "undo" in request.POST else f"?undo={_token(store, before.weekly, after)}"
    return redirect(reverse("store-usage", args=[code]) + query)


def _token(store: Store, week: Week, now: Hours) -> str:
    """Seal a week to be saved, if the hours are still as they are now."""
    return signing.dumps({"store": store.pk, "week": week, "seen": now.stamp}, salt=SALT, compress=True)


def _undo(request: HttpRequest) -> str:
    """Return the sealed week before the last button, for ten minutes."""
    kept = request.GET.get("undo", "")
    try:
        signing.loads(kept, salt=SALT, max_age=UNDO_SECONDS)
    except signing.BadSignature:
        return ""
    return kept


def _shown(proposal: Proposal, store: Store, hours: Hours, week: Week) -> dict[str, Any]:
    return {
        "proposal": proposal,
        "day": str(WEEKDAYS[proposal.weekday]),
        "before": hours_text(proposal.before),
        "after": hours_text(proposal.after),
        "token": _token(store, proposal.within(week), hours),
    }


def _first_quarter(found: Usage) -> int:
    """Return the earliest quarter that anything is drawn at."""
    opens = [day[0][0] // QUARTER for day in found.week if day]
    came = [min(quarters(day)) for day in found.trays if day]
    return max(0, min([*opens, *came], default=0) - 2)


def _rows(found: Usage) -> list[dict[str, Any]]:
    """Return each weekday's bars: one a quarter, as high as its trays, on one scale."""
    counts = [quarters(day) for day in found.trays]
    off = [quarters(day) for day in found.turned_away]
    most = max((count for day in counts for count in day.values()), default=1)
    first, cut = _first_quarter(found), {each.weekday: each for each in found.trims}
    last = max([first + 8, *(max(day) for day in counts if day), *(_last(day) for day in found.week)]) + 2
    return [
        {
            "day": str(WEEKDAYS[index]),
            "hours": hours_text(found.week[index]),
            "total": sum(counts[index].values()),
            "width": (last - first) * 4,
            "open": _stretches(found.week[index], first),
            "cut": _stretches(_lost(cut[index]), first) if index in cut else [],
            "bars": [
                {
                    "x": (quarter - first) * 4,
                    "y": FLOOR - max(1, round(HEIGHT * count / most)),
                    "height": max(1, round(HEIGHT * count / most)),
                    "is_off": bool(off[index].get(quarter)),
                }
                for quarter, count in sorted(counts[index].items())
                if quarter >= first
            ],
            "marks": [
                {"left": 100 * (quarter - first) / (last - first), "text": f"{quarter // 4 % 24:02d}"}
                for quarter in range(-(-first // 12) * 12, last, 12)
            ],
        }
        for index in range(7)
    ]


def _last(day: DayHours) -> int:
    return day[-1][1] // QUARTER if day else 0


def _stretches(day: DayHours, first: int) -> list[dict[str, float]]:
    return [
        {"x": (opens / QUARTER - first) * 4, "width": (closes - opens) / QUARTER * 4} for opens, closes in day
    ]


def _lost(proposal: Proposal) -> DayHours:
    """Return what a trim takes from the rims of a day."""
    before, after = proposal.before, proposal.after
    rims = ((before[0][0], after[0][0]), (after[-1][1], before[-1][1]))
    return tuple(span for span in rims if span[0] < span[1])
