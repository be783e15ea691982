"""Admin lists behind the access door: people see what is theirs, headquarters changes it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin

from stores.access import is_headquarters


def is_from_headquarters(request: HttpRequest) -> bool:
    """Tell whether headquarters asks; one query a request, for the site asks for every list."""
    kept = vars(request)
    if "_is_from_headquarters" not in kept:
        kept["_is_from_headquarters"] = is_headquarters(request.user)
    return bool(kept["_is_from_headquarters"])


class ScopedAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """A list that signed-in staff may see and only headquarters may change; subclasses narrow the rows."""

    list_per_page = 50
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_authenticated)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_from_headquarters(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_from_headquarters(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_from_headquarters(request)


class HeadquartersAdmin(ScopedAdmin):
    """A list for headquarters alone."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_from_headquarters(request)
