"""The signature of a webhook: HMAC-SHA256 over the instant and the body, as `docs/alerts.md` shows."""

from __future__ import annotations

import hashlib
import hmac

TOLERANCE_SECONDS = 300
"""How old a signed call may be before a receiver should refuse it as a replay."""


def signature(secret: str, *, timestamp: int, body: bytes) -> str:
    """Return the value of the header `Kamado-Signature`."""
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"t={timestamp},v1={signed.hexdigest()}"


def is_signed(secret: str, header: str, *, body: bytes, now: int) -> bool:
    """Tell whether a receiver may believe a call: the right secret, not too old."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    if not parts.get("t", "").isdigit() or abs(now - int(parts["t"])) > TOLERANCE_SECONDS:
        return False
    return hmac.compare_digest(signature(secret, timestamp=int(parts["t"]), body=body), header)
