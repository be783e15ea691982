"""Addresses of photos, their health, thresholds and keys, and of the API."""

from django.urls import path

from detections.api.site import api
from detections.views import health, history, keys, pictures, thresholds

KEYS = "stores/<str:code>/keys/"
SETS = "deployments/<int:pk>/thresholds/"
urlpatterns = [
    path("api/v1/", api.urls),
    path("detections/", history.detections, name="detections"),
    path("detections/export.csv", history.export, {"kind": "csv"}, name="detections-csv"),
    path("detections/export.jsonl", history.export, {"kind": "jsonl"}, name="detections-jsonl"),
    path("detections/<int:pk>/", history.detection, name="detection"),
    path("detections/<int:pk>/picture", pictures.picture, name="detection-picture"),
    path("health/", health.health, name="health"),
    path("health/<str:code>/", health.store_health, name="health-store"),
    path(SETS, thresholds.thresholds, name="thresholds"),
    path(f"{SETS}<int:number>/roll-back/", thresholds.roll_back, name="thresholds-roll-back"),
    path(KEYS, keys.keys, name="store-keys"),
    path(f"{KEYS}<int:pk>/rotate/", keys.rotate, name="store-key-rotate"),
    path(f"{KEYS}<int:pk>/revoke/", keys.revoke, name="store-key-revoke"),
]
