"""Forecast a month's spend from the plan: the fleet and every store, beside a model that never stops."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import CommandParser

from models_registry.domain.billing import cents
from models_registry.domain.forecast import MonthForecast
from models_registry.selectors.forecast import month_forecast
from portal.base import clock
from portal.base.commands import PortalCommand, a_month
from stores.models import Store


class Command(PortalCommand):
    help = "Forecast a month: minutes and USD for the fleet and each store, against always-on."
    prints = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--month", type=a_month, required=True, metavar="YYYY-MM")

    def run(self, *, month: date, **options: Any) -> None:
        forecast = month_forecast(Store.objects.order_by("code"), month=month, at=clock.now())
        if options["format"] == "json":
            self.write_json(forecast.to_dict())
        else:
            self.write_table(forecast)

    def write_table(self, forecast: MonthForecast) -> None:
        """Print a line for each store and one for all, in USD to the cent."""
        self.stdout.write(f"{'store':12} {'minutes':>12} {'USD':>12} {'always on':>12}")
        for row in forecast.rows:
            self.write_line(row.code, row.forecast_minutes, row.forecast_usd, row.always_on_usd)
        totals = (forecast.total(name) for name in ("forecast_minutes", "forecast_usd", "always_on_usd"))
        self.write_line("all", *totals)

    def write_line(self, title: str, minutes: Any, usd: Any, always_on: Any) -> None:
        """Print one line of the table."""
        self.stdout.write(f"{title:12} {minutes:12.1f} {cents(usd):12} {cents(always_on):12}")
