"""Addresses."""

from django.urls import path

from alerts.views import lists

urlpatterns = [
    path("alerts/", lists.alerts, name="alerts"),
    path("alerts/bell/", lists.bell, name="alerts-bell"),
    path("alerts/act/", lists.act, name="alerts-act"),
    path("alerts/<int:pk>/", lists.alert, name="alert"),
    path("alerts/<int:pk>/note/", lists.note, name="alert-note"),
]
