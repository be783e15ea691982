"""The ping to whoever watches the portal from outside; the address is the operator's own."""

from __future__ import annotations

import logging
from urllib.error import URLError
from urllib.request import Request, urlopen

TIMEOUT_SECONDS = 5
logger = logging.getLogger(__name__)


def ping(url: str) -> bool:
    """Call an address; tell whether it answered well. A watcher that is down is no reason to fail."""
    try:
        with urlopen(Request(url, headers={"User-Agent": "Kamado"}), timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  checked in the settings
            return bool(answer.status < 300)
    except (URLError, OSError) as error:
        logger.warning("the dead-man's address did not answer: %s", error)
        return False
