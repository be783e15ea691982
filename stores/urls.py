"""Addresses."""

from django.urls import path

from stores.views import bounds, files, holidays, special_days, week

urlpatterns = [
    path("stores/import", files.import_page, name="stores-import"),
    path("stores/import/confirm/", files.import_confirm, name="stores-import-confirm"),
    path("stores/export.csv", files.export_csv, name="stores-export"),
    path("stores/<str:code>/hours/copy/", week.copy_hours, name="store-hours-copy"),
    path("bounds/", bounds.bounds, name="bounds"),
    path(
        "stores/<str:code>/special-days/<int:pk>/remove/",
        special_days.remove_day,
        name="store-special-day-remove",
    ),
    path("holidays/", holidays.holidays, name="holidays"),
    path("holidays/<int:pk>/remove/", holidays.remove_holiday, name="holiday-remove"),
]
