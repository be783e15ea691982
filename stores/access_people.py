"""The access door to people: whom one sees, and which roles one may give; never above one's own.

Headquarters gives everything. An area manager gives the roles below their own, for their own area and stores.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from portal.base.models import User
from stores.access import May, Person, areas_where, is_headquarters, stores_where
from stores.models import Area, Invitation, Membership, Role, Store
from stores.selectors.people import Giving, open_invitations

GIVEN_BY_MANAGERS = (Role.OWNER, Role.VIEWER)


def roles_granted(user: Person) -> list[Role]:
    """Return the roles a person may give to somebody, for some scope."""
    if is_headquarters(user):
        return list(Role)
    return list(GIVEN_BY_MANAGERS) if _mine(user).exists() else []


def may_grant(user: Person, *, role: str, area: Area | None, store: Store | None) -> bool:
    """Tell whether a person may give, or take, a role for a scope."""
    if is_headquarters(user):
        return True
    if role not in GIVEN_BY_MANAGERS:
        return False
    if store is not None:
        return stores_where(user, May.MANAGE_PEOPLE).filter(pk=store.pk).exists()
    return area is not None and areas_where(user, May.MANAGE_PEOPLE).filter(pk=area.pk).exists()


def giving_of(user: Person) -> Giving:
    """Return what a person may give, as forms want it."""
    return Giving(
        roles_granted(user),
        areas_where(user, May.MANAGE_PEOPLE),
        stores_where(user, May.MANAGE_PEOPLE),
        lambda role, area, store: may_grant(user, role=role, area=area, store=store),
    )


def people_visible_to(user: Person) -> QuerySet[User]:
    """Return the people whose roles a person may look at: all, or those of the own area and stores."""
    if is_headquarters(user):
        return User.objects.all()
    return User.objects.filter(pk__in=_mine(user).values("user_id"))


def may_manage(user: Person, person: User) -> bool:
    """Tell whether a person may deactivate somebody: only if they could give all that is taken."""
    if is_headquarters(user):
        return True
    roles = list(person.memberships.select_related("area", "store").order_by("id"))
    return not person.is_superuser and all(
        may_grant(user, role=each.role, area=each.area, store=each.store) for each in roles
    )


def invitations_visible_to(user: Person) -> list[Invitation]:
    """Return the waiting invitations that a person could have sent."""
    waiting = open_invitations()
    if is_headquarters(user):
        return list(waiting)
    stores, areas = stores_where(user, May.MANAGE_PEOPLE), areas_where(user, May.MANAGE_PEOPLE)
    mine = waiting.filter(Q(store__in=stores) | Q(area__in=areas), role__in=GIVEN_BY_MANAGERS)
    return list(mine)


def _mine(user: Person) -> QuerySet[Membership]:
    """Return the roles within what a person manages."""
    stores, areas = stores_where(user, May.MANAGE_PEOPLE), areas_where(user, May.MANAGE_PEOPLE)
    return Membership.objects.filter(Q(store__in=stores) | Q(area__in=areas))
