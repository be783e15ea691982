"""Hours and ticks as pages write them."""

from datetime import date

from django import template
from django.utils.translation import gettext, ngettext

from portal.base.showing import show_day, show_minutes
from stores.domain.holidays import Because, Choice, Suggestion
from stores.domain.hours import SpecialKind, clock_text
from stores.domain.typed import hours_text
from stores.forms.holidays import EVERY_AREA
from stores.models import SpecialDay
from stores.selectors.holiday_board import Cell
from stores.services.special_days import DayFacts

register = template.Library()


register.filter("as_spans", hours_text)
register.filter("clock_of", clock_text)
register.filter("length_words", show_minutes)
register.filter("as_day", show_day)


@register.filter
def pick_all(on: date) -> str:
    """Name the tick of a date for every area."""
    return f"{on.isoformat()}:{EVERY_AREA}"


@register.filter
def pick_area(cell: Cell) -> str:
    """Name the tick of a date for one area."""
    return f"{cell.on.isoformat()}:{cell.area_id}"


@register.filter
def as_choice(choice: Choice | DayFacts) -> str:
    """Say what was decided: "Closed", "10:00–15:00"."""
    if choice.kind is SpecialKind.HOURS:
        return hours_text(choice.hours)
    return str(SpecialDay.Kind(choice.kind.value).label)


@register.filter
def as_reason(suggestion: Suggestion) -> str:
    """Say where a suggestion comes from."""
    said = {"count": suggestion.count, "of": suggestion.of}
    if suggestion.because is Because.LAST_YEAR:
        return (
            ngettext(
                "last year %(count)s of %(of)s store", "last year %(count)s of %(of)s stores", suggestion.of
            )
            % said
        )
    return gettext("%(count)s of %(of)s here that answered") % said
