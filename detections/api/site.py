"""The API itself: its keys, its failures, and its description."""

from __future__ import annotations

import logging
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from detections.api import importing, registers, uploads
from detections.api.auth import StoreKey
from detections.api.problems import MEDIA_TYPE, problem, told
from detections.domain.ports import PictureStoreError
from portal.base.errors import PortalError

logger = logging.getLogger(__name__)
JSON = "application/json"


class RegisterApi(NinjaAPI):
    """Ninja's API whose description says problem+json for every failure, as the answers do."""

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        """Return the OpenAPI document."""
        schema = super().get_openapi_schema(**kwargs)
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status, response in operation["responses"].items():
                    if int(status) >= 400 and JSON in response.get("content", {}):
                        response["content"] = {MEDIA_TYPE: response["content"][JSON]}
        return schema


api = RegisterApi(
    title="Kamado for registers",
    version="1",
    description="Hand in photos of trays, learn what lies on them. Every request carries a store's key.",
    auth=StoreKey(),
    urls_namespace="api-1",
)
api.add_router("", registers.router)
api.add_router("", importing.router)
api.add_router("", uploads.router)


@api.exception_handler(PictureStoreError)
def not_kept(request: HttpRequest, error: PictureStoreError) -> HttpResponse:
    logger.error("pictures: %s", error.message)
    return problem(
        503, "picture_store_down", _("The picture could not be kept. Send it again."), retry_after=10
    )


@api.exception_handler(PortalError)
def portal_error(request: HttpRequest, error: PortalError) -> HttpResponse:
    return told(request, error)


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0] if error.errors else {}
    place = ".".join(str(part) for part in first.get("loc", ())[1:])
    said = _("%(place)s: %(problem)s") % {"place": place or "?", "problem": first.get("msg", "")}
    return problem(422, "invalid_request", said)


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, "unreadable_body", str(error))


@csrf_exempt
def no_such_address(request: HttpRequest, rest: str) -> HttpResponse:
    """Answer an address that the API does not have in the API's own way; a page would not be understood."""
    return problem(404, "not_found", _("There is no such address."))


@api.exception_handler(Http404)
def missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, "not_found", _("There is no such address."))
