"""People as pages list them, with their roles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from portal.base.models import User
from portal.base.second_factors import PROVING
from stores.models import Area, Invitation, Membership, Role, Store

PAGE = 50


@dataclass(frozen=True, slots=True)
class Giving:
    """Which roles somebody may give, and for which areas and stores; `may` has the last word."""

    roles: list[Role]
    areas: QuerySet[Area]
    stores: QuerySet[Store]
    may: Callable[[str, Area | None, Store | None], bool]


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which people to list: by name or mail address, by role, active ones or not."""

    text: str = ""
    role: str = ""
    is_active: bool | None = True


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some people by sign-in name, and the name after which the next page begins."""

    people: list[User]
    after: str
    with_second_factor: frozenset[int]


def people_page(people: QuerySet[User], chosen: PeopleFilter, *, after: str) -> PeoplePage:
    """Return a page of people with their roles; three queries."""
    if chosen.text:
        words = Q(username__icontains=chosen.text) | Q(email__icontains=chosen.text)
        people = people.filter(
            words | Q(first_name__icontains=chosen.text) | Q(last_name__icontains=chosen.text)
        )
    if chosen.role:
        held = Membership.objects.filter(user=OuterRef("pk"), role=chosen.role)
        people = people.filter(Exists(held))
    if chosen.is_active is not None:
        people = people.filter(is_active=chosen.is_active)
    if after:
        people = people.filter(username__gt=after)
    found = list(with_roles(people).order_by("username")[: PAGE + 1])
    shown = found[:PAGE]
    return PeoplePage(shown, shown[-1].username if len(found) > PAGE else "", second_factors(shown))


def with_roles(people: QuerySet[User]) -> QuerySet[User]:
    """Let people bring their roles along; one query more."""
    roles = Membership.objects.select_related("area", "store").order_by("role", "id")
    return people.prefetch_related(Prefetch("memberships", roles))


def second_factors(people: list[User]) -> frozenset[int]:
    """Return who of them has a second factor; one query."""
    keys = [person.pk for person in people]
    proving = Authenticator.objects.filter(user_id__in=keys, type__in=PROVING)
    return frozenset(proving.values_list("user_id", flat=True))


def roles_of(user_id: int) -> list[Membership]:
    """Return somebody's roles; one query."""
    return list(Membership.objects.filter(Q(user_id=user_id)).order_by("id"))


def membership_of(person: User, pk: int) -> Membership | None:
    """Return one role of somebody; one query."""
    return Membership.objects.select_related("user", "area", "store").filter(user=person, pk=pk).first()


def open_invitations() -> QuerySet[Invitation]:
    """Return the invitations that wait, newest first."""
    waiting = Invitation.objects.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)
    return waiting.select_related("area", "store", "author").order_by("-created_at", "-id")


def is_over(invitation: Invitation, *, at: datetime) -> bool:
    """Tell whether the link of an invitation is too old."""
    return invitation.expires_at <= at


def stores_left_without_owner(person: User) -> list[Store]:
    """Return the stores that have no other active owner; one query, 20 at most."""
    others = Membership.objects.filter(role=Role.OWNER, store=OuterRef("pk"), user__is_active=True)
    mine = Store.objects.filter(membership__user=person, membership__role=Role.OWNER)
    alone = mine.exclude(Exists(others.exclude(user=person))).distinct()
    return list(alone.order_by("code")[:20])
