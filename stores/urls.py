"""Addresses."""

from django.urls import path

from stores.views import day_changes, files, holiday_links, holidays, special_days, week

urlpatterns = [
    path("stores/import", files.import_page, name="stores-import"),
    path("stores/import/confirm/", files.import_confirm, name="stores-import-confirm"),
    path("stores/export.csv", files.export_csv, name="stores-export"),
    path("stores/<str:code>/hours/", week.store_hours, name="store-hours"),
    path("stores/<str:code>/hours/copy/", week.copy_hours, name="store-hours-copy"),
    path("stores/<str:code>/special-days/", special_days.special_days, name="store-special-days"),
    path(
        "stores/<str:code>/special-days/<int:pk>/remove/",
        special_days.remove_day,
        name="store-special-day-remove",
    ),
    path("holidays/", holidays.holidays, name="holidays"),
    path("holidays/differences/", holidays.holiday_difference, name="holiday-difference"),
    path("holidays/<str:on>/<int:area>/", holidays.holiday_cell, name="holiday-cell"),
    path("holidays/asked/", holiday_links.holiday_asked, name="holiday-asked"),
    path("holidays/link/<str:code>/", holiday_links.holiday_link, name="holiday-link"),
    path("holidays/answer/<str:token>/", holiday_links.holiday_answer, name="holiday-answer"),
    path("days/<int:pk>/undo/", day_changes.undo_days, name="days-undo"),
    path("holidays/<int:pk>/remove/", holidays.remove_holiday, name="holiday-remove"),
]
