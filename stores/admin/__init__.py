"""Lists of stores, areas and days inside the site; hours are edited on the week page, people on theirs."""

from stores.admin.days import SpecialDayAdmin
from stores.admin.places import AreaAdmin, StoreAdmin

__all__ = ["AreaAdmin", "SpecialDayAdmin", "StoreAdmin"]
