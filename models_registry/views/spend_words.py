"""Causes of differences, as people are told them."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from models_registry.domain.variance import Cause, Named

WORDS = {
    Cause.OVERRIDE: _("Override"),
    Cause.EARLY_START: _("Ready earlier than planned"),
    Cause.LATE_START: _("Ready later than planned"),
    Cause.FAILED_START: _("Start that failed"),
    Cause.NOT_STARTED: _("Not started at all"),
    Cause.LATE_STOP: _("Stopped later than planned"),
    Cause.EARLY_STOP: _("Stopped earlier than planned"),
    Cause.UNITS: _("More or fewer inference units"),
    Cause.SWITCH: _("Two versions at once, while one took over"),
    Cause.PRICE: _("Change of the price"),
    Cause.SHARING: _("Shared otherwise: a neighbour's hours or trays"),
    Cause.OUTSIDE: _("Run outside the plan"),
    Cause.HOURS: _("Hours that were changed since"),
    Cause.ROUNDING: _("Begun minutes"),
}


def in_words(named: Named) -> str:
    """Return a cause in the reader's language, with the person behind it."""
    if named.who:
        return gettext("Override by %(who)s") % {"who": named.who}
    return gettext(WORDS[named.cause])
