"""Print when stores are open and when their models must be ready: JSON Lines, one store a line."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import CommandParser

from models_registry.selectors.store_plans import DaysPlan, plan_days
from portal.base.commands import PortalCommand, a_date
from portal.base.errors import InvalidInput, NotFound
from stores.models import Store

MAX_DAYS = 800


class Command(PortalCommand):
    help = "Print the open and ready windows of stores as JSON Lines, in UTC, clipped to whole local days."
    prints = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--store", action="append", metavar="CODE", help="a store's code; may be repeated")
        which.add_argument("--all", action="store_true", help="every store")
        parser.add_argument("--from", dest="first_on", type=a_date, required=True, metavar="YYYY-MM-DD")
        parser.add_argument("--days", type=int, default=14, metavar="N")
        parser.set_defaults(format="json")

    def run(self, *, first_on: date, days: int, **options: Any) -> None:
        if not 1 <= days <= MAX_DAYS:
            raise InvalidInput(f"--days {days} must lie between 1 and {MAX_DAYS}.")
        show = self.write_json_plan if options["format"] == "json" else self.write_text_plan
        for plan in plan_days(chosen_stores(options["store"]), first_on=first_on, days=days):
            show(plan)

    def write_json_plan(self, plan: DaysPlan) -> None:
        self.write_json(plan.to_dict())

    def write_text_plan(self, plan: DaysPlan) -> None:
        made = plan.to_dict()
        self.stdout.write(f"{made['store']} ({made['timezone']})")
        for window in made["ready"]:
            self.stdout.write(f"  ready {window['start']} – {window['end']}  {' '.join(window['reasons'])}")


def chosen_stores(codes: list[str] | None) -> list[Store]:
    """Return the stores named, in the order named; all of them by code when none is."""
    if not codes:
        return list(Store.objects.order_by("code"))
    found = {store.code: store for store in Store.objects.filter(code__in=codes)}
    missing = [code for code in codes if code not in found]
    if missing:
        raise NotFound(f"There is no store {', '.join(missing)}. Codes are case-sensitive.")
    return [found[code] for code in dict.fromkeys(codes)]
