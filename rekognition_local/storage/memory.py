"""Single values in the state file: the clock and the secret that signs page tokens."""

import json
import secrets
from dataclasses import asdict
from sqlite3 import Connection

from rekognition_local.clock import Anchor, Clock, wall_ms

_ANCHOR, _LAST_WRITE, _SECRET = "clock_anchor", "last_write_ms", "page_token_key"


class Memory:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def local_ms(self) -> int | None:
        """Local time now by what is remembered of the clock; None in a new data directory."""
        saved = self._get(_ANCHOR)
        if saved is None:
            return None
        anchor = Anchor(**json.loads(saved))
        # A wall clock set back between two runs must not carry local time before what was written down.
        return max(int(self._get(_LAST_WRITE) or 0), anchor.local_at(wall_ms()))

    def save_clock(self, clock: Clock) -> None:
        self._put(_ANCHOR, json.dumps(asdict(clock.anchor)))
        self.save_last_write(clock.now_ms())

    def save_last_write(self, at_ms: int) -> None:
        self._put(_LAST_WRITE, str(at_ms))

    def page_token_key(self) -> bytes:
        """Made once per data directory, so that page tokens survive a restart and cannot be made up."""
        saved = self._get(_SECRET)
        if saved is None:
            saved = secrets.token_hex(16)
            self._put(_SECRET, saved)
        return bytes.fromhex(saved)

    def _get(self, key: str) -> str | None:
        row = self._connection.execute("SELECT value FROM memory WHERE key = ?", (key,)).fetchone()
        return str(row["value"]) if row else None

    def _put(self, key: str, value: str) -> None:
        self._connection.execute(
            "INSERT INTO memory (key, value) VALUES (?,?) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )
