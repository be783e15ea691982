"""The one access door: what a person may see, and what they may do to it.

Not yours is 404 (`NotFound`), yours but not allowed is 403 (`NotAllowed`). Views, admin lists, exports and
APIs ask here and nowhere else. A superuser counts as headquarters.
"""

from __future__ import annotations

from enum import StrEnum

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext

from portal.base.errors import NotAllowed, NotFound
from portal.base.models import User
from stores.models import Area, Membership, Role, Store

Person = AbstractBaseUser | AnonymousUser


class May(StrEnum):
    """What can be done to a store or to the franchise."""

    SEE = "SEE"
    EDIT_HOURS = "EDIT_HOURS"
    OVERRIDE = "OVERRIDE"
    CONTROL = "CONTROL"
    REVIEW = "REVIEW"
    MANAGE_PEOPLE = "MANAGE_PEOPLE"
    RUN_FRANCHISE = "RUN_FRANCHISE"


ALLOWED: dict[str, frozenset[May]] = {
    Role.HQ: frozenset(May),
    Role.AREA_MANAGER: frozenset(
        {May.SEE, May.EDIT_HOURS, May.OVERRIDE, May.CONTROL, May.REVIEW, May.MANAGE_PEOPLE}
    ),
    Role.OWNER: frozenset({May.SEE, May.EDIT_HOURS, May.OVERRIDE, May.REVIEW}),
    Role.ANALYST: frozenset({May.SEE, May.REVIEW}),
    Role.VIEWER: frozenset({May.SEE}),
}


def is_headquarters(user: Person) -> bool:
    """Tell whether a person runs the whole franchise; asked once for each object, that is once a request."""
    return May.RUN_FRANCHISE in _franchise_wide(user)


def _franchise_wide(user: Person) -> frozenset[May]:
    """Return what a person may do everywhere; one query, once for each object."""
    known: frozenset[May] | None = getattr(user, "_franchise_wide", None)
    if known is None:
        known = _asked_franchise_wide(user)
        setattr(user, "_franchise_wide", known)  # noqa: B010  a note on the object, not a field
    return known


def _asked_franchise_wide(user: Person) -> frozenset[May]:
    if not user.is_authenticated or not getattr(user, "is_active", False):
        return frozenset()
    if getattr(user, "is_superuser", False):
        return frozenset(May)
    everywhere = Membership.objects.filter(area__isnull=True, store__isnull=True, user_id=user.pk)
    roles = everywhere.order_by("id").values_list("role", flat=True)
    return frozenset[May]().union(*(ALLOWED[role] for role in roles))


def runs_franchise(request: HttpRequest) -> bool:
    """Tell whether the signed-in person sees headquarters' entries of the sidebar."""
    return is_headquarters(request.user)


def teaches_franchise(request: HttpRequest) -> bool:
    """Tell whether the signed-in person teaches models: photos of every store go into a training."""
    return May.REVIEW in _franchise_wide(request.user)


def may(user: Person, what: May, store: Store | None = None) -> bool:
    """Tell whether a person may do `what`, to one store or (without one) to the whole franchise."""
    if not user.is_authenticated or not getattr(user, "is_active", False):
        return False
    if getattr(user, "is_superuser", False):
        return True
    roles = [role for role, allowed in ALLOWED.items() if what in allowed]
    scope = Q(area__isnull=True, store__isnull=True)
    if store is not None:
        scope |= Q(area_id=store.area_id) | Q(store_id=store.pk)
    return Membership.objects.filter(scope, user_id=user.pk, role__in=roles).exists()


def stores_visible_to(user: Person) -> QuerySet[Store]:
    """Return the stores a person may see; none for a stranger."""
    if not user.is_authenticated or not getattr(user, "is_active", False):
        return Store.objects.none()
    if getattr(user, "is_superuser", False):
        return Store.objects.all()
    mine = Membership.objects.filter(user_id=user.pk)
    if mine.filter(area__isnull=True, store__isnull=True).exists():
        return Store.objects.all()
    return Store.objects.filter(Q(area_id__in=mine.values("area_id")) | Q(pk__in=mine.values("store_id")))


def stores_where(user: Person, what: May) -> QuerySet[Store]:
    """Return the stores to which a person may do `what`."""
    visible = stores_visible_to(user)
    if what is May.SEE or may(user, what):
        return visible
    roles = [role for role, allowed in ALLOWED.items() if what in allowed]
    mine = Membership.objects.filter(Q(user_id=user.pk), role__in=roles)
    return visible.filter(Q(area_id__in=mine.values("area_id")) | Q(pk__in=mine.values("store_id")))


def people_who(what: May, stores: QuerySet[Store]) -> QuerySet[User]:
    """Return the active people who may do `what` to at least one of some stores."""
    roles = [role for role, allowed in ALLOWED.items() if what in allowed]
    scope = Q(area__isnull=True, store__isnull=True) | Q(store_id__in=stores.values("pk"))
    scope |= Q(area_id__in=stores.values("area_id"))
    may_one = Exists(Membership.objects.filter(scope, user_id=OuterRef("pk"), role__in=roles))
    return User.objects.filter(Q(is_superuser=True) | Q(may_one), is_active=True)


def areas_visible_to(user: Person) -> QuerySet[Area]:
    """Return the areas that hold a store the person may see, or all for headquarters."""
    if is_headquarters(user):
        return Area.objects.all()
    return Area.objects.filter(pk__in=stores_visible_to(user).values("area_id"))


def store_for(user: Person, code: str, what: May = May.SEE) -> Store:
    """Return the store with this code if the person may do `what` to it; raise NotFound or NotAllowed."""
    store = stores_visible_to(user).select_related("area").filter(code=code).first()
    if store is None:
        raise NotFound(gettext("There is no store “%(code)s” among yours.") % {"code": code})
    if what is not May.SEE and not may(user, what, store):
        raise NotAllowed(gettext("You may see this store, but not change this. Ask headquarters."))
    return store


def areas_where(user: Person, what: May) -> QuerySet[Area]:
    """Return the areas to all of whose stores a person may do `what`."""
    if may(user, what):
        return Area.objects.all()
    roles = [role for role, allowed in ALLOWED.items() if what in allowed]
    mine = Membership.objects.filter(Q(user_id=user.pk), role__in=roles, area__isnull=False)
    return Area.objects.filter(pk__in=mine.values("area_id"))


def may_somewhere(user: Person, what: May) -> bool:
    """Tell whether a person may do `what` to anything at all; one query."""
    if not user.is_authenticated or not getattr(user, "is_active", False):
        return False
    roles = [role for role, allowed in ALLOWED.items() if what in allowed]
    mine = Membership.objects.filter(user_id=user.pk, role__in=roles)
    return bool(getattr(user, "is_superuser", False)) or mine.exists()


def require_somewhere(user: Person, what: May) -> None:
    """Raise NotAllowed unless the person may do `what` to something."""
    if not may_somewhere(user, what):
        raise NotAllowed(gettext("You may see this, but not change it. Ask headquarters."))


def manages_people(request: HttpRequest) -> bool:
    """Tell whether the signed-in person sees the people's entry of the sidebar."""
    return may_somewhere(request.user, May.MANAGE_PEOPLE)


def require(user: Person, what: May) -> None:
    """Raise NotAllowed unless the person may do `what` to the whole franchise."""
    if not (is_headquarters(user) if what is May.RUN_FRANCHISE else may(user, what)):
        raise NotAllowed(gettext("This is for headquarters."))
