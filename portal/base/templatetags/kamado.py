"""What templates need to show instants and money; they take values, they never ask the database."""

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.base.showing import show_clock, show_converted, show_day, show_instant, show_minutes

register = template.Library()


@register.simple_tag
def instant(at: datetime, timezone: str, now: datetime) -> SafeString:
    """Show an instant on the store's clock inside <time>, with the UTC instant for machines."""
    text = show_instant(at, timezone, now=now)
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), text)


@register.simple_tag
def clock(at: datetime, timezone: str) -> SafeString:
    """Show the wall clock of an instant that is known to be today's."""
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), show_clock(at, timezone))


@register.simple_tag
def clock_span(start: datetime, end: datetime, timezone: str) -> str:
    """Show a stretch of one day: "07:00–19:00 JST", its end as 24:00 where that is midnight."""
    first, last = show_clock(start, timezone), show_clock(end, timezone)
    return f"{first.split()[0]}–{last.replace('00:00', '24:00')}"


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw a symbol that the words beside it make readable."""
    return format_html('<span class="material-symbols-outlined k-icon" aria-hidden="true">{}</span>', name)


@register.filter
def usd(amount: Decimal) -> str:
    """Show US dollars in the reader's currency."""
    return show_converted(amount)


@register.filter
def money(amount: Decimal) -> str:
    """Show what something costs, kept in US dollars, in the reader's currency."""
    return show_converted(amount)


@register.filter
def more_money(amount: Decimal) -> str:
    """Show how much dearer or cheaper something is: "＋$4.00", "−$8.00", "±$0.00"."""
    shown = money(abs(amount))
    sign = "±" if shown == money(Decimal(0)) else "＋" if amount > 0 else "−"
    return f"{sign}{shown}"


@register.filter
def more_minutes(length: int) -> str:
    """Show how much longer or shorter something is: "＋1 h", "−2 h", "±0"."""
    return f"{'＋' if length > 0 else '−'}{show_minutes(abs(length))}" if length else "±0"


@register.filter
def day(on: date) -> str:
    return show_day(on)


@register.filter
def minutes(length: int) -> str:
    return show_minutes(length)


@register.filter
def css(number: float) -> str:
    """Write a number as style sheets want it, whatever the language: a point, no groups."""
    return f"{number:g}"
