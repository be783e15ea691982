"""Anticipated failures as answers: 404, 403 or a 400 with the sentence that says what to do. Small pages."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render

from portal.base.errors import NotAllowed, NotFound, PortalError


class portal_errors:  # noqa: N801  named as settings read it: a middleware, not a noun
    """Answer a PortalError that a view let fly."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotFound):
            raise Http404(error.message) from error
        if isinstance(error, NotAllowed):
            raise PermissionDenied(error.message) from error
        if isinstance(error, PortalError):
            return render(request, "errors/400.html", {"message": error.message}, status=400)
        return None


class compressed_pages(GZipMiddleware):  # noqa: N801  named as settings read it
    """Compress pages, not answers to registers: those are short, and every millisecond counts."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
