"""People's roles: given, taken, and all of them at once by deactivating somebody."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from portal.base.errors import InvalidInput
from portal.base.models import AuditEntry, User
from portal.base.sessions import end_sessions
from stores.models import Area, Membership, Role, Store


class InvalidMembership(InvalidInput):
    """A role that cannot be given or taken."""

    code = "invalid_membership"


def check_scope(role: str, area: Area | None, store: Store | None) -> None:
    """Raise InvalidMembership unless the role can have the scope."""
    if area is not None and store is not None:
        raise InvalidMembership(gettext("Choose an area or a store, not both."))
    if role == Role.HQ and (area is not None or store is not None):
        raise InvalidMembership(gettext("Headquarters is for the whole franchise; choose no area or store."))


@transaction.atomic
def add_membership(*, person: User, role: str, area: Area | None, store: Store | None) -> bool:
    """Give somebody a role; tell whether they did not have it yet."""
    check_scope(role, area, store)
    _membership, is_new = Membership.objects.get_or_create(user=person, role=role, area=area, store=store)
    _sync_staff(person)
    return is_new


@transaction.atomic
def remove_membership(*, membership: Membership) -> None:
    """Take a role away; refuse the last one at headquarters."""
    person = membership.user
    if membership.role == Role.HQ:
        _check_headquarters_stays(without=person)
    membership.delete()
    _sync_staff(person)


@transaction.atomic
def deactivate(*, person: User, by: User) -> bool:
    """Let somebody sign in no more and end what is open; tell whether that is news. Roles are kept."""
    if person.pk == by.pk:
        raise InvalidMembership(gettext("You cannot deactivate yourself. Ask a colleague at headquarters."))
    _check_headquarters_stays(without=person)
    is_news = User.objects.filter(pk=person.pk, is_active=True).update(is_active=False) == 1
    end_sessions(user=person)
    return is_news


def reactivate(*, person: User, by: User) -> bool:
    """Let somebody sign in again, with the roles they had; tell whether that is news.

    Whom headquarters has deactivated only headquarters brings back.
    """
    shut_out = AuditEntry.objects.filter(
        kind=User._meta.db_table, object_key=str(person.pk), after__is_active=False
    )
    last = shut_out.order_by("-at", "-id").values_list("actor_id", flat=True).first()
    at_headquarters = set(_headquarters().filter(pk__in=[last, by.pk]).values_list("pk", flat=True))
    if last in at_headquarters and by.pk not in at_headquarters:
        said = gettext("%(who)s was deactivated by headquarters. Ask there.")
        raise InvalidMembership(said % {"who": person.display_name})
    return User.objects.filter(pk=person.pk, is_active=False).update(is_active=True) == 1


def _headquarters() -> QuerySet[User]:
    """Return everybody at headquarters, active or not."""
    holders = Membership.objects.filter(role=Role.HQ, area__isnull=True, store__isnull=True)
    return User.objects.filter(Q(pk__in=holders.values("user_id")) | Q(is_superuser=True))


def set_language(*, person: User, language: str) -> None:
    """Say in which language somebody gets their mails."""
    User.objects.filter(pk=person.pk).update(language=language)


def _check_headquarters_stays(*, without: User) -> None:
    """Refuse to leave headquarters empty; two who remove each other at once are one after the other."""
    at_headquarters = Membership.objects.filter(role=Role.HQ, area__isnull=True, store__isnull=True)
    holders = list(at_headquarters.select_for_update().order_by("id").values_list("user_id", flat=True))
    if without.pk not in holders and not without.is_superuser:
        return
    others = User.objects.filter(Q(pk__in=holders) | Q(is_superuser=True), is_active=True)
    if not others.exclude(pk=without.pk).exists():
        said = gettext("%(who)s is the last at headquarters. Give somebody else this role first.")
        raise InvalidMembership(said % {"who": without.display_name})


def _sync_staff(person: User) -> None:
    """Open the admin lists to headquarters, and to nobody who has left it."""
    is_staff = person.is_superuser or person.memberships.filter(role=Role.HQ).exists()
    if person.is_staff != is_staff:
        person.is_staff = is_staff
        person.save(update_fields=["is_staff"])
