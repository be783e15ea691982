"""The raw accounts, for administrators alone; everybody else works with the pages of people."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from portal.base.lockout import unlock
from portal.base.models import User
from portal.base.second_factors import remove_second_factors
from portal.base.sessions import end_sessions
from portal.base.site import site


@admin.register(User, site=site)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg, misc]  # unfold has no types
    """What the pages of people do not show; only superusers come here."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "email", "is_active", "is_staff", "is_superuser")
    list_filter = ("is_active", "is_staff", "is_superuser")
    list_per_page = 50
    show_full_result_count = False
    ordering = ("username", "id")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Sign-in"), {"fields": ("is_active", "is_staff", "is_superuser", "last_login", "date_joined")}),
    )

    actions = ("unlock_sign_in", "take_second_factors")

    @admin.action(
        description=_("Let them try again at once (too many wrong passwords)"), permissions=["change"]
    )
    def unlock_sign_in(self, request: HttpRequest, people: QuerySet[User]) -> None:
        for person in people:
            unlock(user=person)
        self.message_user(request, _("They may try again at once."), messages.SUCCESS)

    @admin.action(description=_("Take the second factors away (lost phone)"), permissions=["change"])
    def take_second_factors(self, request: HttpRequest, people: QuerySet[User]) -> None:
        for person in people:
            remove_second_factors(user=person)
        self.message_user(request, _("They sign in with their password alone now."), messages.SUCCESS)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            end_sessions(user=obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and getattr(request.user, "is_superuser", False))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
