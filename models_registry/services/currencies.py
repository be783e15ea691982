"""Write exchange rates and people's choice of a currency. Money itself stays in US dollars."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from babel.numbers import is_currency
from django.db import transaction

from models_registry.models import ExchangeRate
from portal.base.currency import DatedRate
from portal.base.models import User
from stores.domain.sentences import Refusal

COLUMNS = ("currency", "per_usd", "valid_from", "source")
MAX_BYTES = 2 * 1024 * 1024
MOST = Decimal(10) ** 9


class InvalidRate(Refusal):
    """A rate that cannot be; says which and why."""

    code = "invalid_rate"


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file of rates did."""

    new: int
    changed: int


def check_rate(rate: DatedRate) -> DatedRate:
    """Return a rate that can be kept; raise InvalidRate for any other."""
    if not is_currency(rate.currency):
        raise InvalidRate("“%(code)s” is not a currency. Write it like JPY or EUR.", code=rate.currency)
    if rate.currency == "USD":
        raise InvalidRate("One US dollar is one US dollar: name another currency.")
    if not 0 < rate.per_usd < MOST:
        raise InvalidRate("A rate is more than nothing: how much of the currency one US dollar buys.")
    return rate._replace(per_usd=rate.per_usd.quantize(Decimal("0.00000001")), source=rate.source[:120])


def save_rates(rates: Iterable[DatedRate]) -> Imported:
    """Write dated rates; one of the same currency and day is replaced. All or none."""
    checked = [check_rate(rate) for rate in rates]
    new = 0
    with transaction.atomic():
        for rate in checked:
            said = {"per_usd": rate.per_usd, "source": rate.source}
            _, is_new = ExchangeRate.objects.update_or_create(
                currency=rate.currency, valid_from=rate.valid_from, defaults=said
            )
            new += is_new
    return Imported(new, len(checked) - new)


def remove_rate(*, pk: int) -> None:
    """Take a mistaken rate away; the one before it holds again."""
    ExchangeRate.objects.filter(pk=pk).delete()


def import_rates(data: bytes) -> Imported:
    """Read a CSV file of rates and write them; refuse it with the line that cannot be read."""
    if len(data) > MAX_BYTES:
        raise InvalidRate("The file is larger than 2 MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRate("The file is not UTF-8 text. Save it as CSV UTF-8.") from error
    rows = csv.DictReader(io.StringIO(text, newline=""))
    missing = set(COLUMNS[:3]) - {(name or "").strip().lower() for name in rows.fieldnames or ()}
    if missing:
        raise InvalidRate(
            "The first line must name the columns currency, per_usd, valid_from and, if you like, source."
        )
    return save_rates([_read(number, row) for number, row in enumerate(rows, start=2) if any(row.values())])


def _read(number: int, row: dict[str, str]) -> DatedRate:
    cells = {(name or "").strip().lower(): str(cell or "").strip() for name, cell in row.items()}
    try:
        rate = DatedRate(
            cells["currency"].upper(), Decimal(cells["per_usd"]), date.fromisoformat(cells["valid_from"]),
            cells.get("source", ""),
        )  # fmt: skip
        return check_rate(rate)
    except (InvalidOperation, ValueError, InvalidRate) as error:
        raise InvalidRate(
            "Line %(line)s cannot be read. Write it like: JPY,155.25,2026-11-27,ECB", line=number
        ) from error


def choose_currency(*, person: User, code: str) -> None:
    """Let a person see money in a currency; empty is the franchise's."""
    person.currency = code
    person.save(update_fields=["currency"])
