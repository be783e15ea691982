"""The Authorization header. Signatures are not checked; the region is read from the credential scope."""

import re

from rekognition_local.errors import ServiceError

_SCOPE = re.compile(r"Credential=[^/\s]+/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")


def region_of(authorization: str | None) -> str:
    """The region that the request is signed for; each region has its own projects and quotas."""
    if not authorization:
        raise ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token")
    scope = _SCOPE.search(authorization)
    if scope is None:
        raise ServiceError(
            "IncompleteSignatureException", "The Authorization header has no credential scope."
        )
    region, service = scope.groups()
    if service != "rekognition":
        raise ServiceError(
            "InvalidSignatureException", "Credential should be scoped to correct service: 'rekognition'."
        )
    return region
