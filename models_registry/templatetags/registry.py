"""Money, instants and reasons as registry pages write them, in the reader's language."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from babel.dates import format_skeleton
from babel.numbers import format_decimal, format_percent
from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_noop as _

from models_registry.domain.evaluation import WHAT_TO_DO
from models_registry.domain.forecast import Unplanned
from models_registry.domain.reasons import SENTENCES, sentence
from models_registry.domain.status import VersionStatus
from models_registry.models import AllocationRule, Run
from portal.base.currency import currency_in_force
from portal.base.instants import plain_instant, zone_label
from portal.base.showing import (
    locale,
    show_age,
    show_amount,
    show_converted,
    show_day,
    show_unit_price,
)
from stores.domain.localtime import zone

register = template.Library()

STATUS_LABELS = {
    VersionStatus.TRAINING_IN_PROGRESS: pgettext_lazy("AWS status", "training"),
    VersionStatus.TRAINING_COMPLETED: pgettext_lazy("AWS status", "trained"),
    VersionStatus.TRAINING_FAILED: pgettext_lazy("AWS status", "training failed"),
    VersionStatus.STARTING: pgettext_lazy("AWS status", "starting"),
    VersionStatus.RUNNING: pgettext_lazy("AWS status", "running"),
    VersionStatus.FAILED: pgettext_lazy("AWS status", "failed"),
    VersionStatus.STOPPING: pgettext_lazy("AWS status", "stopping"),
    VersionStatus.STOPPED: pgettext_lazy("AWS status", "stopped"),
    VersionStatus.DELETING: pgettext_lazy("AWS status", "being deleted"),
    VersionStatus.COPYING_IN_PROGRESS: pgettext_lazy("AWS status", "copying"),
    VersionStatus.COPYING_COMPLETED: pgettext_lazy("AWS status", "copied"),
    VersionStatus.COPYING_FAILED: pgettext_lazy("AWS status", "copying failed"),
    VersionStatus.DEPRECATED: pgettext_lazy("AWS status", "deprecated"),
    VersionStatus.EXPIRED: pgettext_lazy("AWS status", "expired"),
}
UNPLANNED_LABELS = {
    Unplanned.NO_DEPLOYMENT: _("no deployment"),
    Unplanned.NO_VERSION: _("no live version"),
    Unplanned.HANDS_OFF: _("hands off"),
    Unplanned.DRY_RUN: _("dry run"),
}


@register.filter
def usd(amount: Decimal | None) -> str:
    """Write US dollars in the reader's currency."""
    return "–" if amount is None or amount == "" else show_converted(Decimal(amount))


@register.filter
def money(amount: Decimal | None) -> str:
    """Write an amount that is in the reader's currency already."""
    return "–" if amount is None or amount == "" else show_amount(amount)


@register.filter
def unit_price(amount: Decimal | None) -> str:
    """Write what one tray or hour costs, given in US dollars, in the reader's currency."""
    return "–" if amount is None else show_unit_price(amount)


@register.simple_tag
def currency_code() -> str:
    """Name the reader's currency: the heading of a column of money."""
    return currency_in_force().code


@register.simple_tag
def currency_note() -> SafeString:
    """Say which rate amounts were converted with, how old it is, and what is missing; nothing for dollars."""
    currency = currency_in_force()
    if currency.is_usd and not currency.wished:
        return mark_safe("")
    return mark_safe(render_to_string("models_registry/_currency_note.html", {"currency": currency}).strip())  # noqa: S308  a template of ours, which escapes


@register.filter
def signed_money(amount: Decimal | None) -> str:
    """Write a difference in the reader's currency, its sign always shown."""
    if amount is None or amount == "":
        return "–"
    return f"+{show_amount(amount)}" if amount > 0 else show_amount(amount)


@register.filter
def rate_number(rate: Decimal) -> str:
    """Write an exchange rate without the zeros behind it."""
    return format_decimal(rate, format="#,##0.########", locale=locale())


@register.filter
def hundredths(number: int) -> str:
    """Write hundredths of a per cent as per cent."""
    return format_decimal(Decimal(number) / 100, format="0.##", locale=locale())


@register.filter
def allocation_label(rule: str) -> Any:
    """Name the rule that divided a run."""
    return AllocationRule.Choice(rule).label


@register.filter
def number(value: Decimal | float | None, places: int = 0) -> str:
    """Write a number with separators and at most `places` decimals."""
    if value is None:
        return "–"
    return format_decimal(value, format="#,##0" + ("." + "0" * places if places else ""), locale=locale())


@register.filter
def percent(ratio: Decimal | float | None) -> str:
    """Write a ratio as a percentage with one decimal."""
    return "–" if ratio is None else format_percent(ratio, format="#,##0.0%", locale=locale())


@register.filter
def instant(at: datetime | None, timezone: str = "UTC") -> str:
    """Write an instant by the clock of a zone, with its label."""
    return "–" if not at else plain_instant(at.astimezone(zone(timezone or "UTC")))


@register.filter
def clock(at: datetime | None, timezone: str = "UTC") -> str:
    """Write the time of day by the clock of a zone."""
    return "–" if not at else f"{at.astimezone(zone(timezone or 'UTC')):%H:%M}"


@register.filter
def short_day(at: datetime | None, timezone: str = "UTC") -> str:
    """Write month and day by the clock of a zone."""
    return "–" if not at else f"{at.astimezone(zone(timezone or 'UTC')):%m-%d}"


@register.filter
def label_of_zone(at: datetime | None, timezone: str = "UTC") -> str:
    """Write the label of a zone at an instant."""
    return "" if not at else zone_label(at.astimezone(zone(timezone or "UTC")))


@register.filter
def month_name(on: date) -> str:
    """Write a month with its year."""
    return format_skeleton("yMMMM", on, locale=locale())


@register.filter
def ago(since: timedelta | None) -> str:
    """Write how long ago something was."""
    return "" if since is None else show_age(since.total_seconds())


@register.filter
def length_of(taken: timedelta | float | None) -> str:
    """Write a length of time, given as such or in seconds, as minutes and seconds."""
    if taken is None:
        return "–"
    seconds = taken.total_seconds() if isinstance(taken, timedelta) else taken
    minutes, seconds = divmod(round(seconds), 60)
    return gettext("%(minutes)d min %(seconds)02d s") % {"minutes": minutes, "seconds": seconds}


@register.filter
def starting_time(run: Run) -> str:
    """Write how long a run was STARTING, which is not billed."""
    both = run.accepted_at and run.running_at
    return length_of(run.running_at - run.accepted_at) if both else "–"  # type: ignore[operator]


@register.filter
def status_label(status: str) -> Any:
    """Name one of AWS's states in the reader's language."""
    return STATUS_LABELS.get(VersionStatus(status), status) if status else ""


@register.filter
def what_to_do(problem: str) -> str:
    """Say what to do about a problem that kept an evaluation from being read."""
    return gettext(WHAT_TO_DO[problem]) if problem in WHAT_TO_DO else ""


@register.filter
def unplanned_label(mark: str) -> str:
    """Name what keeps a store from costing anything."""
    return gettext(UNPLANNED_LABELS[Unplanned(mark)]) if mark else ""


@register.simple_tag
def reason(code: str, params: dict[str, Any] | None, timezone: str = "UTC") -> str:
    """Write a reason as a sentence, its instants by the clock of a zone."""
    if code not in SENTENCES:
        return ""
    return sentence(
        code, params or {}, translate=gettext, show_instant=lambda at: instant(at.astimezone(UTC), timezone)
    )


@register.filter
def at_key(mapping: dict[Any, Any], key: Any) -> Any:
    """Look a key up; None where it is missing."""
    return mapping.get(key)


@register.filter
def as_json(value: Any) -> str:
    """Write plain values as JSON for an attribute, which the template escapes."""
    return json.dumps(value, ensure_ascii=False)


@register.filter
def hours(taken: timedelta) -> str:
    """Write a length of time in hours, with one decimal."""
    return gettext("%(hours)s h") % {"hours": number(taken.total_seconds() / 3600, 1)}


@register.filter
def day_name(on: date) -> str:
    """Write a day of a month with its weekday."""
    return show_day(on)
