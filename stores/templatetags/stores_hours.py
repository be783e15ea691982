"""Hours and ticks as pages write them."""

from datetime import date

from django import template

from portal.base.showing import show_minutes
from stores.domain.hours import clock_text
from stores.domain.typed import hours_text
from stores.forms.holidays import EVERY_AREA
from stores.selectors.holidays import AreaProposal

register = template.Library()


register.filter("as_spans", hours_text)
register.filter("clock_of", clock_text)
register.filter("length_words", show_minutes)


@register.filter
def pick_all(on: date) -> str:
    """Name the tick of a date for every area."""
    return f"{on.isoformat()}:{EVERY_AREA}"


@register.filter
def pick_area(proposal: AreaProposal) -> str:
    """Name the tick of a date for one area."""
    return f"{proposal.on.isoformat()}:{proposal.area_id}"
