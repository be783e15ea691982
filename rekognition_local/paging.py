"""Page tokens: opaque, signed, and good only for the request that they continue."""

import base64
import hashlib
import hmac
import json
from typing import Any

from rekognition_local.errors import ServiceError
from rekognition_local.storage.records import Position

_SIGNATURE_BYTES = 16
# A client may ask for pages of another size half way; everything else must stay as it was.
_FREE_MEMBERS = ("NextToken", "MaxResults")


class PageTokens:
    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, position: Position, *, scope: str, request: dict[str, Any]) -> str:
        """A token that continues after `position` (creation time, row id).

        `scope` names operation and region.
        """
        payload = json.dumps(position).encode()
        return base64.urlsafe_b64encode(self._signature(payload, scope, request) + payload).decode()

    def position(self, *, scope: str, request: dict[str, Any]) -> Position | None:
        """Where the request's NextToken continues; None without one. Another request's token is refused."""
        token = request.get("NextToken")
        if not token:
            return None
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except ValueError:
            raise _invalid_token() from None
        signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(payload, scope, request)):
            raise _invalid_token()
        created_ms, row_id = json.loads(payload)
        return created_ms, row_id

    def _signature(self, payload: bytes, scope: str, request: dict[str, Any]) -> bytes:
        bound = {name: value for name, value in request.items() if name not in _FREE_MEMBERS}
        text = json.dumps([scope, bound], sort_keys=True).encode()
        return hmac.digest(self._key, text + b"\0" + payload, hashlib.sha256)[:_SIGNATURE_BYTES]


def _invalid_token() -> ServiceError:
    return ServiceError("InvalidPaginationTokenException", "NextToken was not issued for this request.")
