"""The simulated registers are only clients of the API: a key, a photo, what was sold."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.live_server_helper import LiveServer

from detections.models import ApiKey, Detection
from detections.services.labels import forget_labels
from portal.home.demo.registers import KEY_NAME
from tests.home.conftest import Street


@pytest.mark.django_db(transaction=True)
def test_register_posts_a_drawn_tray_with_a_key_of_its_own(
    street: Street, live_server: LiveServer, settings: Any
) -> None:
    """The model is off: a register learns that, and the attempt is in the log."""
    forget_labels()
    street.deployment.live_version.status = "RUNNING"
    street.deployment.live_version.save(update_fields=["status"])
    settings.AWS_ENDPOINT_URL_REKOGNITION = "http://127.0.0.1:9"  # nobody answers at the discard port
    said = io.StringIO()

    for _ in range(2):
        call_command("simulate_registers", address=live_server.url, count=1, stdout=said)

    assert said.getvalue().splitlines() == ["asakusa 502 changed 0"] * 2
    assert list(Detection.objects.values_list("outcome", "register")) != []
    assert set(Detection.objects.values_list("outcome", flat=True)) == {"AWS_DOWN"}
    keys = ApiKey.objects.filter(name=KEY_NAME, store=street.asakusa).order_by("id")
    assert [key.revoked_at is None for key in keys] == [False, True]
