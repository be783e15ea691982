"""Addresses of photos and of the API."""

from django.urls import path

from detections.api.site import api
from detections.views import history, pictures

urlpatterns = [
    path("api/v1/", api.urls),
    path("detections/", history.detections, name="detections"),
    path("detections/export.csv", history.export, {"kind": "csv"}, name="detections-csv"),
    path("detections/export.jsonl", history.export, {"kind": "jsonl"}, name="detections-jsonl"),
    path("detections/<int:pk>/", history.detection, name="detection"),
    path("detections/<int:pk>/picture", pictures.picture, name="detection-picture"),
]
