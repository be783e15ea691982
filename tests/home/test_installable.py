"""The portal can be put on a home screen; without a network it says so."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image


def test_manifest_names_the_portal_and_icons_that_are_there(db: None) -> None:
    answer = Client(headers={"accept-language": "ja"}).get("/manifest.webmanifest")
    said = json.loads(answer.content)
    assert answer["Content-Type"] == "application/manifest+json"
    assert (said["name"], said["start_url"], said["display"]) == ("竈 Kamado", "/", "standalone")
    assert said["lang"] == "ja"
    for icon in said["icons"]:
        path = finders.find(icon["src"].removeprefix("/static/"))
        size = Image.open(io.BytesIO(Path(str(path)).read_bytes())).size
        assert f"{size[0]}x{size[1]}" == icon["sizes"]
    assert {icon["purpose"] for icon in said["icons"]} == {"any", "maskable"}


def test_maskable_icon_fills_its_square(db: None) -> None:
    path = finders.find("kamado/icons/maskable-512.png")
    corners = Image.open(str(path)).convert("RGBA")
    assert all(corners.getpixel(at)[3] == 255 for at in ((0, 0), (511, 0), (0, 511), (511, 511)))


def test_worker_leaves_the_till_to_its_own(db: None) -> None:
    script = Client().get("/worker.js").content.decode()
    assert 'startsWith("/till/")' in script
    assert "kamado-till" not in script


@pytest.mark.parametrize("language", [("ja", "ネットワークにつながりません"), ("en", "No network")])
def test_offline_page_stands_alone(db: None, language: tuple[str, str]) -> None:
    page = Client(headers={"accept-language": language[0]}).get("/offline/").content.decode()
    assert language[1] in page
    assert settings.STATIC_URL not in page


def test_pages_point_to_manifest_and_touch_icon(db: None) -> None:
    page = Client().get("/login/").content.decode()
    assert 'rel="manifest" href="/manifest.webmanifest"' in page
    assert "apple-touch-icon.png" in page
