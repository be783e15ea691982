"""A bakery with a model, a register with a key, and eyes that see what a test puts before them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from PIL import Image

from detections.api import registers
from detections.domain.places import Box, RawLabel
from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.services.keys import make_key
from detections.services.labels import forget_labels
from models_registry.domain.status import VersionStatus
from models_registry.models import LabelMetrics, ModelVersion, Project
from portal.base import clock
from stores.models import Store
from tests.models_registry.conftest import World, area, bakery, hq, sign_in, static_folder, tokyo, world

__all__ = ["area", "bakery", "hq", "sign_in", "static_folder", "world"]

MELON, ANPAN, YAKISOBA = "メロンパン", "あんぱん", "焼きそばパン"
ASSUMED = {ANPAN: 0.817, MELON: 0.862, YAKISOBA: 0.907}
ARTICLE = (
    RawLabel(YAKISOBA, 90.45, Box(0.55, 0.1, 0.3, 0.3)),
    RawLabel(MELON, 88.00, Box(0.1, 0.1, 0.3, 0.3)),
    RawLabel(ANPAN, 77.54, Box(0.3, 0.6, 0.3, 0.3)),
)


def jpeg(width: int = 320, height: int = 240, colour: Any = (200, 150, 90), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG", **options)
    return out.getvalue()


@dataclass
class Register:
    """One register of a store: a client that sends its key."""

    store: Store
    text: str
    client: Client

    def send(self, content: bytes | None = None, **headers: str) -> Any:
        """Hand a photo in as raw bytes."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            "/api/v1/detections",
            jpeg() if content is None else content,
            content_type="image/jpeg",
            headers=sent,
        )

    def post(self, path: str, body: Any) -> Any:
        return self.client.post(f"/api/v1{path}", body, content_type="application/json")

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}")


def register_of(store: Store, **options: Any) -> Register:
    made = make_key(store=store, name="till 1", author=None, **options)
    bearer = {"authorization": f"Bearer {made.text}", "accept-language": "en"}
    return Register(store, made.text, Client(headers=bearer))


@pytest.fixture(autouse=True)
def fresh(db: None) -> Iterator[None]:
    cache.clear()
    forget_labels()
    yield
    forget_labels()


@pytest.fixture
def eyes(monkeypatch: pytest.MonkeyPatch) -> InMemoryEyes:
    """Put eyes in memory where the API opens them: a port, not our own code."""
    found = InMemoryEyes(ARTICLE)
    monkeypatch.setattr(registers, "open_eyes", lambda connection: found)
    return found


@pytest.fixture
def asakusa(world: World, bakery: Callable[..., Store], monkeypatch: pytest.MonkeyPatch) -> Register:
    """Monday, nine o'clock: Asakusa is open, its model runs and has the article's thresholds."""
    store = bakery("asakusa")
    deployment = world.deployment("asakusa", store)
    world.at = tokyo(2, 9)
    monkeypatch.setattr(clock, "now", lambda: world.at)
    version = deployment.live_version
    assert version is not None
    set_status(version, VersionStatus.RUNNING, world)
    LabelMetrics.objects.bulk_create(
        LabelMetrics(version=version, label=label, assumed_threshold=assumed)
        for label, assumed in ASSUMED.items()
    )
    return register_of(store)


def set_status(version: ModelVersion, status: VersionStatus, world: World) -> None:
    """Mirror a status as if the tick had just seen it."""
    ModelVersion.objects.filter(pk=version.pk).update(
        status=status, status_since=world.at - timedelta(minutes=1)
    )
    Project.objects.filter(pk=version.project_id).update(observed_at=world.at)
