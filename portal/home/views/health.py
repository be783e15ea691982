"""Whether the process lives, and whether it can do its work: for machines, without a sign-in or a secret."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from portal.base import clock
from portal.home.readiness import readiness


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer at all: asks nobody, so that an outage of the database restarts no web server."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Name each part; 200 when all are well, else 503."""
    found = readiness(at=clock.now())
    return JsonResponse(found.to_dict(), status=200 if found.is_ready else 503)
