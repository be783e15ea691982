"""Addresses."""

from django.urls import path

from alerts.views import channels, lists, wishes

CHANNEL = "alerts/channels/<int:pk>/"
urlpatterns = [
    path("alerts/", lists.alerts, name="alerts"),
    path("alerts/bell/", lists.bell, name="alerts-bell"),
    path("alerts/act/", lists.act, name="alerts-act"),
    path("alerts/<int:pk>/", lists.alert, name="alert"),
    path("alerts/<int:pk>/note/", lists.note, name="alert-note"),
    path("alerts/channels/", channels.channels, name="channels"),
    path("alerts/channels/new/", channels.new, name="channel-new"),
    path(CHANNEL, channels.channel, name="channel"),
    path(f"{CHANNEL}act/", channels.act, name="channel-act"),
    path(f"{CHANNEL}again/<int:delivery>/", channels.again, name="channel-again"),
    path("alerts/settings/", wishes.wishes, name="notification-wishes"),
    path("alerts/digest/", wishes.digest, name="digest"),
    path("alerts/digest/end/<str:token>/", wishes.end, name="digest-end"),
]
