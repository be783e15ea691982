"""Nine kinds of people in front of one street, and what each is to get where."""

from __future__ import annotations

from django.test import Client

from portal.base.models import User
from stores.models import Membership, Role
from stores.services.people import add_membership
from tests.home.conftest import Street

Answers = tuple[tuple[int, ...], tuple[int, ...]]
Otherwise = dict[str, tuple[int, int | None]]
NINE = (
    "stranger", "deactivated", "hq", "manager", "manager elsewhere", "owner", "owner elsewhere", "analyst",
    "viewer",
)  # fmt: skip
SHOWN, REFUSED = 200, 403


def nine_people(street: Street) -> dict[str, Client]:
    """Sign the nine in; roles are given as the product gives them."""
    kanto, kansai = street.asakusa.area, street.umeda.area
    people = {"stranger": Client()} | {
        kind: _sign_in(kind, role, **scope)
        for kind, role, scope in (
            ("deactivated", Role.HQ, {}),
            ("hq", Role.HQ, {}),
            ("manager", Role.AREA_MANAGER, {"area": kanto}),
            ("manager elsewhere", Role.AREA_MANAGER, {"area": kansai}),
            ("owner", Role.OWNER, {"store": street.asakusa}),
            ("owner elsewhere", Role.OWNER, {"store": street.umeda}),
            ("analyst", Role.ANALYST, {"area": kanto}),
            ("viewer", Role.VIEWER, {"store": street.asakusa}),
        )
    }
    User.objects.filter(username="deactivated").update(is_active=False)
    assert tuple(people) == NINE
    assert Membership.objects.count() == len(NINE) - 1
    return people


def _sign_in(kind: str, role: Role, **scope: object) -> Client:
    person = User.objects.create_user(kind)
    add_membership(person=person, role=role, **{"area": None, "store": None} | scope)  # type: ignore[arg-type]
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def answers_of(row: Answers, otherwise: Otherwise) -> dict[str, tuple[int, int | None]]:
    """Return what each of the nine gets for a GET and a POST; None where a POST would do something."""
    (stranger, elsewhere, viewer, owner, hq), posts = row
    to_stranger, to_elsewhere, to_viewer = posts or (None, None, None)
    is_alike = to_elsewhere == to_viewer
    to_owner = to_viewer if is_alike else None
    to_hq = to_viewer if is_alike and to_viewer != REFUSED else None
    if to_viewer == SHOWN:  # the page again: asking one of them is enough, it is the costliest answer
        to_elsewhere = to_elsewhere if to_elsewhere != SHOWN else None
        to_owner = to_hq = None
    return {
        "stranger": (stranger, to_stranger),
        "deactivated": (stranger, to_stranger),
        "hq": (hq, to_hq),
        "manager": (owner, to_owner),
        "manager elsewhere": (elsewhere, to_elsewhere),
        "owner": (owner, to_owner),
        "owner elsewhere": (elsewhere, to_elsewhere),
        "analyst": (viewer, None if to_viewer == SHOWN else to_viewer),
        "viewer": (viewer, to_viewer),
    } | otherwise
