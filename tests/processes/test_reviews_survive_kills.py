"""kill -9 of the web server while an analyst judges a hundred trays by keyboard: none lost, none twice."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.browser.conftest import DESK, PASSWORD, chromium, static_folder
from tests.embedded.machine import MachineWithAws
from tests.processes.test_photos_survive_kills import OPEN, bakery, send

__all__ = ["bakery", "chromium", "static_folder"]
pytestmark = [pytest.mark.drill, pytest.mark.processes, pytest.mark.browser, pytest.mark.timeout(400)]
COUNT, KILLED_AT = 100, (20, 45, 70)
HIRE = f"""
from portal.base.models import User
from stores.models import Membership, Role, Store
person = User.objects.create_user("aki", password="{PASSWORD}")
Membership.objects.create(user=person, role=Role.ANALYST, store=Store.objects.get())
"""
KEY = """
from detections.services.keys import make_key
from stores.models import Store
print(make_key(store=Store.objects.get(), name="till 2", author=None, per_minute=100_000).text)
"""
WAITING = """
import json
from detections.models import Detection
rows = Detection.objects.order_by("risk", "smallest_margin", "-taken_at", "-id")
print(json.dumps(list(rows.values_list("pk", flat=True))))
"""
TELL = """
import json
from detections.models import Detection, Review
rows = Review.objects.order_by("id").values_list("detection_id", "number", "conclusion")
print(json.dumps([list(rows), list(Detection.objects.values_list("review_number", flat=True))]))
"""


@pytest.fixture
def window(chromium: Any, bakery: MachineWithAws) -> Iterator[Any]:
    """Aki's browser, signed in at the running product."""
    bakery.start()
    bakery.shell(OPEN + HIRE)
    context = chromium.new_context(viewport=DESK, locale="ja-JP", base_url=f"http://127.0.0.1:{bakery.port}")
    page = context.new_page()
    page.goto("/login/?next=/")
    page.fill("[name=username]", "aki")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/")
    yield page
    context.close()


def asked(bakery: MachineWithAws, script: str) -> Any:
    return json.loads(bakery.shell(script).strip().splitlines()[-1])


def send_trays(bakery: MachineWithAws) -> list[int]:
    """Hand a hundred photos in and return them as the gallery orders them."""
    key = bakery.shell(KEY).strip().splitlines()[-1]
    with ThreadPoolExecutor(8) as registers:
        sent = list(registers.map(lambda number: send(bakery.port, key, number), range(COUNT)))
    assert None not in sent
    return asked(bakery, WAITING)


def decision(number: int) -> tuple[list[str], str]:
    """What is pressed at the tray of this number, and what must follow from it."""
    if number % 25 == 9:
        return ["6"], "CANNOT_TELL"
    if number % 10 == 7:
        return ["Tab", "Delete", " "], "BOTH_WRONG"
    return [" "], "AI_RIGHT"


def test_every_decision_is_written_once_and_in_order(bakery: MachineWithAws, window: Any) -> None:
    trays, posts = send_trays(bakery), []

    def kill_in_flight(request: Any) -> None:
        """A decision is on its way: written or not, its answer will not come."""
        if request.method != "POST":
            return
        posts.append(request.url)
        if len(posts) in KILLED_AT:
            for pid in bakery.running("gunicorn"):
                os.kill(pid, signal.SIGKILL)

    window.on("request", kill_in_flight)
    window.goto("/review/")
    for number, tray in enumerate(trays):
        window.wait_for_function("tray => document.body.dataset.seen === String(tray)", arg=tray)
        window.wait_for_timeout(255)
        for key in decision(number)[0]:
            window.keyboard.press(key)
    window.wait_for_selector("#empty", state="visible")
    window.wait_for_function("!document.querySelector('#saving').classList.contains('v-open')")

    reviews, numbers = asked(bakery, TELL)
    assert reviews == [[tray, 1, decision(number)[1]] for number, tray in enumerate(trays)]
    assert numbers == [1] * COUNT
    assert len(posts) >= COUNT + len(KILLED_AT) - 1
    waits = sorted(float(each) for each in window.get_attribute("body", "data-to-next-ms").split(","))
    middle, most = waits[len(waits) // 2], waits[int(0.95 * len(waits))]
    slow = sum(wait > 100 for wait in waits)  # those that had to wait for the killed server
    print(f"decision to next photo: p50 {middle:.1f}, p95 {most:.1f} ms of {len(waits)}; {slow} above 100 ms")
    bakery.supervisor.terminate()
    assert bakery.supervisor.wait(60) == 0
