"""What is written down about stores. Wall-clock rules only; instants are computed in `stores.domain`."""

from stores.models.bounds import Bounds
from stores.models.holidays import CalendarFeed, DayChange, HolidayAsk, HolidayEdition, HolidayLink
from stores.models.hours import OpeningHours, SpecialDay
from stores.models.invitation import Invitation
from stores.models.membership import Membership, Role
from stores.models.store import Area, Control, Store

__all__ = [
    "Area",
    "Bounds",
    "CalendarFeed",
    "Control",
    "DayChange",
    "HolidayAsk",
    "HolidayEdition",
    "HolidayLink",
    "Invitation",
    "Membership",
    "OpeningHours",
    "Role",
    "SpecialDay",
    "Store",
]
