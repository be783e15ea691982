"""Addresses."""

from django.urls import path

from stores.views import (
    bounds,
    calendar_import,
    calendars,
    day_changes,
    files,
    holiday_links,
    holidays,
    invitations,
    people,
    special_days,
    week,
)

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
    path("people/", people.people, name="people"),
    path("people/invite/", invitations.invite, name="people-invite"),
    path("people/invitations/<int:pk>/resend/", invitations.resend, name="invitation-resend"),
    path("people/invitations/<int:pk>/withdraw/", invitations.withdraw, name="invitation-withdraw"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/language/", people.language, name="person-language"),
    path("people/<int:pk>/deactivate/", people.deactivate, name="person-deactivate"),
    path("people/<int:pk>/reactivate/", people.reactivate, name="person-reactivate"),
    path("people/<int:pk>/unlock/", people.unlock, name="person-unlock"),
    path(
        "people/<int:pk>/second-factors/remove/", people.second_factors_remove, name="person-second-factors"
    ),
    path("people/<int:pk>/roles/add/", people.membership_add, name="membership-add"),
    path(
        "people/<int:pk>/roles/<int:membership>/remove/", people.membership_remove, name="membership-remove"
    ),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path(
        "stores/<str:code>/special-days/import/",
        calendar_import.store_calendar_import,
        name="store-calendar-import",
    ),
    path("calendars/", calendars.calendars, name="calendars"),
    path("calendars/<int:pk>/", calendars.calendar_act, name="calendar-act"),
    path("holidays/import/", calendar_import.holidays_import, name="holidays-import"),
    path("holidays/", holidays.holidays, name="holidays"),
    path("holidays/differences/", holidays.holiday_difference, name="holiday-difference"),
    path("holidays/<str:on>/<int:area>/", holidays.holiday_cell, name="holiday-cell"),
    path("holidays/asked/", holiday_links.holiday_asked, name="holiday-asked"),
    path("holidays/link/<str:code>/", holiday_links.holiday_link, name="holiday-link"),
    path("holidays/answer/<str:token>/", holiday_links.holiday_answer, name="holiday-answer"),
    path("days/<int:pk>/undo/", day_changes.undo_days, name="days-undo"),
    path("holidays/<int:pk>/remove/", holidays.remove_holiday, name="holiday-remove"),
]
