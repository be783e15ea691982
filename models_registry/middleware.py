"""Amounts in the currency of whoever reads them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.http import HttpRequest, HttpResponse

from models_registry.selectors.currencies import currency_for, wished_currency
from portal.base import clock
from portal.base.currency import Currency, showing_in


class reader_currency:  # noqa: N801  named as settings read it: a middleware, not a noun
    """Show money in the reader's currency at today's rate; nothing is asked until an amount is shown."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        @cache
        def ask() -> Currency:
            today = clock.now().date()
            return currency_for(wished_currency(getattr(request.user, "currency", "")), on=today, today=today)

        with showing_in(ask):
            return self.get_response(request)
