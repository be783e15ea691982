"""Labelled pictures in a real browser: handed in, taken, taken out, and put back by the message's undo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from detections.models import BroughtPicture
from portal.base.models import User
from stores.models import Membership, Role
from tests.browser.conftest import PHONE, chromium, static_folder
from tests.detections.training.labelled import noise, project_of, write_coco
from tests.detections.training.test_labelled_pages import zipped

__all__ = ["chromium", "static_folder"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
NOISE = "reading 'setAttribute'"
"""Unfold's script looks for the text field of its own file widget beside every file field."""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_pictures_come_in_and_go_out_by_thumb(live_server: Any, chromium: Any, tmp_path: Path) -> None:
    person = User.objects.create_user("hanako")
    Membership.objects.create(user=person, role=Role.HQ)
    project = project_of()
    write_coco(tmp_path / "coco", {f"{n}.jpg": noise(n) for n in range(3)})
    (tmp_path / "trays.zip").write_bytes(zipped(tmp_path / "coco").read())
    context = chromium.new_context(viewport=PHONE, locale="en-GB", base_url=live_server.url)
    signed_in = Client()
    signed_in.force_login(person)
    cookie = signed_in.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))

    page.goto(f"/training/{project.pk}/import/")
    page.set_input_files("input[type=file]", str(tmp_path / "trays.zip"))
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("button", name="Take them").click()
    page.wait_for_selector(".g-tile img")
    assert page.evaluate(OVERFLOW) <= 0

    page.locator("[name=photo]").first.check()
    page.get_by_role("button", name="Take out of the next set").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("1 picture is back.").wait_for()

    assert BroughtPicture.objects.filter(taken_out_at__isnull=True).count() == 3
    assert [said for said in wrong if NOISE not in said] == []
    context.close()
