"""What each person sees first: the page they came for."""

from __future__ import annotations

from django.urls import reverse

from stores.access import Person, is_headquarters, stores_visible_to
from stores.models import Role
from stores.selectors.people import roles_of


def first_page(user: Person) -> str:
    """Return the address of a person's first page; the highest of several roles decides. Three queries."""
    roles = roles_of(user.pk or 0)
    held = {role.role for role in roles}
    if is_headquarters(user) or Role.HQ in held:
        return reverse("fleet")
    if Role.AREA_MANAGER in held:
        areas = [role.area_id for role in roles if role.role == Role.AREA_MANAGER]
        return reverse("fleet") + (f"?area={areas[0]}" if len(areas) == 1 and areas[0] else "")
    if Role.OWNER in held:
        codes = list(stores_visible_to(user).order_by("code").values_list("code", flat=True)[:2])
        return reverse("store", args=codes) if len(codes) == 1 else reverse("fleet")
    return reverse("gallery") if Role.ANALYST in held else reverse("fleet")
