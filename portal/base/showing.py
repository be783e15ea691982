"""Instants, durations and money as this reader sees them: their language, the store's clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_currency, get_currency_precision
from django.utils.translation import get_language, gettext, ngettext

from portal.base.currency import Currency, currency_in_force
from portal.base.instants import zone_label


def locale() -> Locale:
    """Return Babel's locale of the language in force."""
    return Locale.parse(get_language() or "en", sep="-")


def show_clock(at: datetime, timezone: str) -> str:
    """Return "19:30 JST": the store's wall clock, always with its zone."""
    local = at.astimezone(ZoneInfo(timezone))
    return f"{local:%H:%M} {zone_label(local)}"


def show_day(on: date) -> str:
    """Return a date with its weekday, without the year: "Tue, Nov 24", "11月24日(火)"."""
    return str(format_skeleton("MMMEd", on, locale=locale()))


def show_instant(at: datetime, timezone: str, *, now: datetime) -> str:
    """Return an instant on the store's clock, with its date unless it is today's."""
    tz = ZoneInfo(timezone)
    local, today = at.astimezone(tz), now.astimezone(tz).date()
    if local.date() == today:
        return show_clock(at, timezone)
    if local.date() == today + timedelta(days=1):
        return gettext("tomorrow %(clock)s") % {"clock": show_clock(at, timezone)}
    if local.year != today.year:
        return f"{format_skeleton('yMMMEd', local.date(), locale=locale())} {show_clock(at, timezone)}"
    return f"{show_day(local.date())} {show_clock(at, timezone)}"


def show_usd(amount: Decimal) -> str:
    """Return US dollars in the reader's notation, two places."""
    return str(format_currency(amount, "USD", locale=locale()))


def show_money(amount: Decimal, currency: str) -> str:
    """Return an amount of any currency in the reader's notation: "¥1,240", "￥1,240", "$3.20"."""
    return str(format_currency(amount, currency, locale=locale()))


def show_converted(usd: Decimal) -> str:
    """Return US dollars in the currency that the reader sees, rounded once."""
    currency = currency_in_force()
    return show_money(currency.rounded(usd), currency.code)


def show_amount(amount: Decimal, currency: Currency | None = None) -> str:
    """Return an amount that is in the reader's currency already, as it stands in a column that adds up."""
    return show_money(amount, (currency or currency_in_force()).code)


def show_unit_price(usd: Decimal) -> str:
    """Return what one tray or one hour costs: two places more than the currency has."""
    currency = currency_in_force()
    places = "0" * (currency.digits + 2)
    return str(
        format_currency(
            currency.of(usd), currency.code, format=f"¤#,##0.{places}", currency_digits=False, locale=locale()
        )
    )


def currency_digits(code: str) -> int:
    """Return how many decimals a currency has: two for the euro, none for the yen."""
    return int(get_currency_precision(code))


def show_age(seconds: float) -> str:
    """Return how long ago something was, in one unit."""
    whole = max(0, int(seconds))
    if whole < 90:
        return ngettext("%(count)s second ago", "%(count)s seconds ago", whole) % {"count": whole}
    minutes = whole // 60
    if minutes < 90:
        return ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes) % {"count": minutes}
    hours = minutes // 60
    if hours < 48:
        return ngettext("%(count)s hour ago", "%(count)s hours ago", hours) % {"count": hours}
    return ngettext("%(count)s day ago", "%(count)s days ago", hours // 24) % {"count": hours // 24}


def show_minutes(minutes: int) -> str:
    """Return a length of time: "45 min", "2 h", "1 h 30 min"."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return gettext("%(minutes)s min") % {"minutes": rest}
    if not rest:
        return gettext("%(hours)s h") % {"hours": hours}
    return gettext("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}
