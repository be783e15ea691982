"""Who may see and do what."""

from __future__ import annotations

from django.contrib import admin

from portal.base.site import site
from stores.admin.scoped import HeadquartersAdmin
from stores.models import Membership


@admin.register(Membership, site=site)
class MembershipAdmin(HeadquartersAdmin):
    list_display = ("user", "role", "area", "store")
    list_filter = ("role",)
    list_select_related = ("user", "area", "store")
    search_fields = ("user__username", "store__code", "store__name", "area__name")
    ordering = ("user__username", "id")
    autocomplete_fields = ("user", "area", "store")
