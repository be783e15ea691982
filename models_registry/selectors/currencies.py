"""Exchange rates as they are dated, and the currency a reader sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from models_registry.models import ExchangeRate
from portal.base.currency import USD, Currency, DatedRate, currency_on
from portal.base.showing import currency_digits


def wished_currency(chosen: str) -> str:
    """Return the currency a person sees: their own choice, else the franchise's; no query."""
    return chosen or str(settings.CURRENCY)


def currency_for(wished: str, *, on: date, today: date) -> Currency:
    """Return a currency at the rate of a date; no query for dollars, else one."""
    if wished == "USD":
        return USD
    rows = ExchangeRate.objects.filter(currency=wished, valid_from__lte=on).order_by("-valid_from")[:1]
    return _at(wished, _dated(rows), on, today)


def _at(wished: str, rates: Iterable[DatedRate], on: date, today: date) -> Currency:
    return currency_on(
        wished, rates, on=on, today=today,
        stale_days=settings.RATE_STALE_DAYS, digits=currency_digits(wished),
    )  # fmt: skip


def _dated(rows: Iterable[ExchangeRate]) -> list[DatedRate]:
    return [DatedRate(row.currency, row.per_usd, row.valid_from, row.source) for row in rows]


@dataclass(frozen=True, slots=True)
class RateRow:
    """A dated rate as the page of rates lists it; `shown` is what holds today, with its age."""

    pk: int
    rate: DatedRate
    shown: Currency | None


SHOWN_RATES = 200


def rate_rows(*, today: date) -> list[RateRow]:
    """Return the newest dated rates, by currency; the one that holds today is marked. One query."""
    rows = list(ExchangeRate.objects.order_by("currency", "-valid_from")[:SHOWN_RATES])
    rates = _dated(rows)
    present = {code: _at(code, rates, today, today) for code in {rate.currency for rate in rates}}
    return [
        RateRow(
            row.pk,
            rate,
            present[rate.currency] if present[rate.currency].valid_from == rate.valid_from else None,
        )
        for row, rate in zip(rows, rates, strict=True)
    ]


def currencies_to_choose() -> list[str]:
    """Return the dollar and the currencies for which a rate is known; one query."""
    known = ExchangeRate.objects.order_by("currency").values_list("currency", flat=True).distinct()
    return ["USD", *known]
