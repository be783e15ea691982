"""The price list, inside the site."""

from __future__ import annotations

from django.contrib import admin

from detections.models import Product
from portal.base.site import site
from stores.admin.scoped import HeadquartersAdmin


@admin.register(Product, site=site)
class ProductAdmin(HeadquartersAdmin):
    """Labels with what customers and tills call them, and what they cost."""

    list_display = ("label", "name_ja", "name_en", "price", "currency", "is_on_sale")
    list_filter = ("is_on_sale",)
    autocomplete_fields = ("areas", "stores")
    search_fields = ("label", "name_ja", "name_en")
    ordering = ("label", "id")
