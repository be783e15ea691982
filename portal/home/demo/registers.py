"""Simulated registers of the demonstration: trays that nobody has seen, posted to the API like a till's.

Only what a real register could do: a key, a photo, and after the sale what was on the tray. Sometimes the
till's clerk does not bother to correct.
"""

from __future__ import annotations

import http.client
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from detections.models import ApiKey
from detections.services.keys import make_key, revoke_key
from models_registry.domain.status import VersionStatus
from portal.home.demo.trays import render_tray
from portal.home.demo.trays.manifest import jpeg
from stores.models import Store

KEY_NAME = "Simulated register"
FIRST_SEED = 100_000
"""Far from the seeds of the lessons, so that no tray has been learnt from."""
OFF_SHARE, HARD_SHARE, CORRECTS_SHARE = 0.08, 0.3, 0.8
SECONDS = 30


@dataclass(frozen=True, slots=True)
class Posted:
    """One photo: its store, the HTTP status, and how many labels the clerk had to change."""

    store: str
    status: int
    changed: int


@dataclass(slots=True)
class Registers:
    """A register in each store of the demonstration, all posting to one address."""

    address: str
    keys: dict[str, str]
    chance: random.Random

    def post_one(self, number: int) -> Posted | None:
        """Photograph one tray in a store whose model runs (now and then in one whose model is off)."""
        store = self._store()
        if store is None:
            return None
        tray = render_tray(FIRST_SEED + number, hard=self.chance.random() < HARD_SHARE)
        headers = {"Idempotency-Key": f"tray-{number}", "Content-Type": "image/jpeg"}
        path = f"/api/v1/detections?register_id=till-{self.chance.randint(1, 2)}"
        status, answer = self._send(store, path, jpeg(tray, number), headers)
        sold = [item.bread.ja for item in tray.items]
        changed = sum((Counter(sold) - Counter(answer.get("totals", {}))).values()) if status == 200 else 0
        if status == 200 and self.chance.random() < CORRECTS_SHARE:
            self._correct(store, int(answer["id"]), sold)
        return Posted(store, status, changed)

    def _store(self) -> str | None:
        running: list[str] = []
        off: list[str] = []
        for code, status in stores_with_status():
            if code in self.keys:
                (running if status == VersionStatus.RUNNING else off).append(code)
        if off and self.chance.random() < OFF_SHARE:
            return self.chance.choice(off)
        return self.chance.choice(running) if running else None

    def _correct(self, store: str, detection: int, sold: list[str]) -> None:
        body = json.dumps({"items": [{"label": label} for label in sold]}).encode()
        self._send(
            store, f"/api/v1/detections/{detection}/correction", body, {"Content-Type": "application/json"}
        )

    def _send(
        self, store: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        parts = urlsplit(self.address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
        try:
            sent = {"Authorization": f"Bearer {self.keys[store]}", **headers}
            connection.request("POST", path, body, sent)
            answer = connection.getresponse()
            said: dict[str, Any] = json.loads(answer.read() or b"{}")
            return answer.status, said
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}
        finally:
            connection.close()


def stores_with_status() -> Iterator[tuple[str, str]]:
    """Yield every served store's code with the status of its live version."""
    live = "assignment__deployment__live_version__status"
    served = Store.objects.filter(assignment__deployment__live_version__isnull=False)
    yield from served.order_by("code").values_list("code", live)


def open_registers(address: str, *, at: datetime) -> Registers:
    """Give every served store a new key; the keys of an earlier start are revoked."""
    for old in ApiKey.objects.filter(name=KEY_NAME, revoked_at__isnull=True).order_by("id"):
        revoke_key(key=old, at=at)
    codes = [code for code, _status in stores_with_status()]
    stores = Store.objects.filter(code__in=codes).order_by("code")
    keys = {store.code: make_key(store=store, name=KEY_NAME, author=None).text for store in stores}
    return Registers(address, keys, random.Random(int(at.timestamp())))  # noqa: S311  which tray comes next
