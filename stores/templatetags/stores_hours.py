"""Hours and ticks as pages write them."""

from datetime import date

from django import template

from stores.domain.typed import hours_text
from stores.forms.holidays import EVERY_AREA
from stores.selectors.holidays import AreaProposal

register = template.Library()


register.filter("as_spans", hours_text)


@register.filter
def pick_all(on: date) -> str:
    """Name the tick of a date for every area."""
    return f"{on.isoformat()}:{EVERY_AREA}"


@register.filter
def pick_area(proposal: AreaProposal) -> str:
    """Name the tick of a date for one area."""
    return f"{proposal.on.isoformat()}:{proposal.area_id}"
