"""Lists of stores, areas, days and people inside the site; hours are edited on the week page."""

from stores.admin.days import SpecialDayAdmin
from stores.admin.people import MembershipAdmin
from stores.admin.places import AreaAdmin, StoreAdmin

__all__ = ["AreaAdmin", "MembershipAdmin", "SpecialDayAdmin", "StoreAdmin"]
