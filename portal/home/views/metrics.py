"""The portal's numbers for Prometheus, behind a token or for this machine alone."""

from __future__ import annotations

from hmac import compare_digest
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from portal.base import clock
from portal.home.metrics import PortalCollector

PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded")
NO_TOKEN = "Send the token of KAMADO_METRICS_TOKEN: “Authorization: Bearer …”.\n"  # noqa: S105  a sentence
NOT_HERE = "Without KAMADO_METRICS_TOKEN the metrics are for this machine alone. Set it, and send it.\n"


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer in the form that the scraper asks for; 401 without the token, 403 from elsewhere without one."""
    if token := settings.METRICS_TOKEN:
        if not compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
            headers = {"WWW-Authenticate": "Bearer"}
            return HttpResponse(
                NO_TOKEN, status=401, headers=headers, content_type="text/plain; charset=utf-8"
            )
    elif not _is_local(request):
        return HttpResponse(NOT_HERE, status=403, content_type="text/plain; charset=utf-8")
    registry = CollectorRegistry()
    registry.register(PortalCollector(clock.now()))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)


def _is_local(request: HttpRequest) -> bool:
    """Tell whether this machine asks for itself; what a proxy passes on comes from elsewhere."""
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
