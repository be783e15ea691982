"""Single values in the state file: the clock and the secret that signs page tokens."""

import json
import secrets
from dataclasses import asdict
from sqlite3 import Connection

from rekognition_local.clock import ClockRecord

_CLOCK, _LAST_WRITE, _SECRET = "clock", "last_write_ms", "page_token_key"


class Memory:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def clock(self) -> ClockRecord | None:
        saved = self._get(_CLOCK)
        if saved is None:
            return None
        last_write = int(self._get(_LAST_WRITE) or 0)
        record: dict[str, float] = json.loads(saved)
        return ClockRecord(int(record["local_ms"]), int(record["wall_ms"]), record["scale"], last_write)

    def save_clock(self, record: ClockRecord) -> None:
        self._put(_CLOCK, json.dumps(asdict(record)))
        self.save_last_write(record.last_write_ms)

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
