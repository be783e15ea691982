"""Hours and ticks as pages write them."""

from datetime import date

from django import template

from stores.domain.hours import plain_closing, span_text
from stores.forms.holidays import EVERY_AREA
from stores.selectors.holidays import AreaProposal

register = template.Library()


@register.filter
def as_spans(hours: list[list[int]]) -> str:
    """Write the hours of a day as `07:00–12:00, 14:00–19:00`."""
    return ", ".join(span_text(opens, plain_closing(opens, closes)) for opens, closes in hours)


@register.filter
def pick_all(on: date) -> str:
    """Name the tick of a date for every area."""
    return f"{on.isoformat()}:{EVERY_AREA}"


@register.filter
def pick_area(proposal: AreaProposal) -> str:
    """Name the tick of a date for one area."""
    return f"{proposal.on.isoformat()}:{proposal.area_id}"
