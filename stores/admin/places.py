"""Areas and stores."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from portal.base.site import site
from stores.access import areas_visible_to, stores_visible_to
from stores.admin.scoped import ScopedAdmin
from stores.models import Area, OpeningHours, Store
from stores.services.stores import StoreFacts, problems_of

FACTS = tuple(StoreFacts.__dataclass_fields__)


class StoreForm(forms.ModelForm):  # type: ignore[type-arg]  # no generic at run time
    """A store held to the checks of the services."""

    class Meta:
        model = Store
        fields = ("area", *FACTS)

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.errors:
            for problem in problems_of(StoreFacts(**{name: self.cleaned_data[name] for name in FACTS})):
                self.add_error(problem.field, problem.message)
        return cleaned


@admin.register(Area, site=site)
class AreaAdmin(ScopedAdmin):
    list_display = ("name", "store_count")
    search_fields = ("name",)
    ordering = ("name", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Area]:
        return areas_visible_to(request.user).annotate(stores_held=Count("stores"))

    @admin.display(description=_("stores"), ordering="stores_held")
    def store_count(self, area: Any) -> int:
        return int(area.stores_held)


@admin.register(Store, site=site)
class StoreAdmin(ScopedAdmin):
    form = StoreForm
    list_display = ("code", "name", "area", "timezone", "control", "has_hours", "hours_link")
    list_filter = ("control", ("area", admin.RelatedOnlyFieldListFilter), "timezone")
    list_select_related = ("area",)
    search_fields = ("code", "name", "area__name")
    ordering = ("code", "id")
    autocomplete_fields = ("area",)
    readonly_fields = ("hours_link",)
    actions_list = ("open_import", "open_export")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Store]:
        hours = OpeningHours.objects.filter(store=OuterRef("pk"))
        return stores_visible_to(request.user).annotate(has_any_hours=Exists(hours))

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description=_("Import stores"), url_path="import", permissions=["add"]
    )
    def open_import(self, request: HttpRequest) -> HttpResponse:
        return redirect("stores-import")

    @action(  # type: ignore[untyped-decorator]
        description=_("Download CSV"), url_path="export", permissions=["add"]
    )
    def open_export(self, request: HttpRequest) -> HttpResponse:
        return redirect("stores-export")

    @admin.display(description=_("has hours"), boolean=True, ordering="has_any_hours")
    def has_hours(self, store: Any) -> bool:
        return bool(store.has_any_hours)

    @admin.display(description=_("opening hours"))
    def hours_link(self, store: Store) -> str:
        if store.pk is None:
            return gettext("Save the store first.")
        address = reverse("store-hours", args=[store.code])
        return format_html('<a class="text-primary-600" href="{}">{}</a>', address, gettext("Edit the week"))
