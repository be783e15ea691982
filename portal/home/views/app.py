"""What makes the portal installable: its manifest, its worker, and a page for when there is no network."""

from __future__ import annotations

from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

WORKER = "kamado/worker.js"
ICONS = (("icon-192.png", "192x192", "any"), ("icon-512.png", "512x512", "any"),
         ("maskable-512.png", "512x512", "maskable"))  # fmt: skip


@require_safe
@cache_control(no_cache=True)
def manifest(request: HttpRequest) -> JsonResponse:
    """Name the portal and its icons for the home screen, in the reader's language."""
    icons = [
        {"src": static(f"kamado/icons/{name}"), "sizes": size, "type": "image/png", "purpose": purpose}
        for name, size, purpose in ICONS
    ]
    said = {
        "id": "/",
        "name": "竈 Kamado",
        "short_name": "Kamado",
        "description": gettext("Bread-recognition models, lit and banked on time"),
        "lang": get_language(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#ffffff",
        "icons": icons,
    }
    return JsonResponse(said, content_type="application/manifest+json")


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """Send the service worker from the root, because it may only look after pages beside it."""
    return HttpResponse(Path(str(finders.find(WORKER))).read_bytes(), content_type="text/javascript")


@require_safe
@cache_control(no_cache=True)
def offline(request: HttpRequest) -> HttpResponse:
    """Say that there is no network: kept by the worker, shown by it."""
    return render(request, "home/offline.html")
