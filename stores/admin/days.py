"""Special days of any scope."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from portal.base.clock import now
from portal.base.errors import InvalidInput
from portal.base.models import User
from portal.base.site import site
from stores.access import areas_visible_to, stores_visible_to
from stores.admin.scoped import ScopedAdmin
from stores.domain.hours import SpecialKind
from stores.domain.typed import hours_text, hours_written
from stores.models import SpecialDay
from stores.services.special_days import Scope, check_day, check_not_past
from stores.services.wording import in_words


class SpecialDayForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """A special day with its hours as text, held to the checks of the services."""

    hours = forms.CharField(
        label=_("hours"),
        required=False,
        help_text=_("For own hours, such as 07:00-12:00, 14:00-19:00. A closing after midnight is 02:00."),
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = SpecialDay
        fields = ("on", "kind", "hours", "area", "store", "note")
        labels = {"area": _("area"), "store": _("store")}  # noqa: RUF012  Django reads Meta once

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["hours"] = hours_text(self.instance.hours)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind = SpecialKind(cleaned.get("kind") or SpecialKind.CLOSED)
        try:
            hours = hours_written(cleaned.get("hours", "")) if kind is SpecialKind.HOURS else ()
            cleaned["hours"] = [list(span) for span in check_day(kind, hours)]
        except InvalidInput as error:
            self.add_error("hours", in_words(error))
        try:
            scope = Scope(cleaned.get("store"), cleaned.get("area"))
            if cleaned.get("on"):
                check_not_past(scope, cleaned["on"], at=now())
        except InvalidInput as error:
            self.add_error("on", in_words(error))
        return cleaned


@admin.register(SpecialDay, site=site)
class SpecialDayAdmin(ScopedAdmin):
    form = SpecialDayForm
    list_display = ("on", "kind", "hours_shown", "scope", "note", "source", "written_by")
    list_filter = ("kind", "source")
    list_select_related = ("area", "store", "author")
    search_fields = ("note", "store__code", "store__name", "area__name")
    ordering = ("-on", "-id")
    autocomplete_fields = ("area", "store")
    readonly_fields = ("source", "written_by")
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[SpecialDay]:
        mine = Q(store__in=stores_visible_to(request.user)) | Q(area__in=areas_visible_to(request.user))
        return SpecialDay.objects.filter(mine | Q(store__isnull=True, area__isnull=True))

    def has_delete_permission(self, request: HttpRequest, obj: SpecialDay | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.on >= now().date())

    def save_model(self, request: HttpRequest, obj: SpecialDay, form: Any, change: bool) -> None:
        obj.author = cast(User, request.user)
        super().save_model(request, obj, form, change)

    @admin.display(description=_("hours"))
    def hours_shown(self, day: SpecialDay) -> str:
        return hours_text(day.hours)

    @admin.display(description=_("author"), empty_value="—")
    def written_by(self, day: SpecialDay) -> str | None:
        return str(day.author) if day.author else None

    @admin.display(description=_("scope"))
    def scope(self, day: SpecialDay) -> str:
        return str(day.store or day.area or gettext("all stores"))
