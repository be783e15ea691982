"""The process lives, or it is ready: each part named, 503 when one is missing, no secret told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as here
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext

from detections.wiring import PICTURES
from portal.home.readiness import forget
from tests.home.conftest import Street
from tests.models_registry.conftest import World

PARTS = {"database", "migrations", "redis", "pictures"}


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    forget()
    yield
    forget()


def asked(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()


def without_database(*_: Any) -> None:
    raise OperationalError("connection to server at “db.internal” failed: password authentication failed")


def test_all_is_well_and_the_tick_has_an_age(client: Client, street: Street, at_the_shop: World) -> None:
    assert asked(client)[1]["last_tick_seconds"] is None
    at_the_shop.tick(at_the_shop.at + timedelta(seconds=5))

    code, said = asked(client)

    assert (code, said) == (200, {"status": "ready", **dict.fromkeys(PARTS, "ok"), "last_tick_seconds": 0.0})


def test_process_that_lives_says_so_without_asking_anybody(client: Client) -> None:
    """No database is open to this test."""
    assert (client.get("/healthz").status_code, client.get("/healthz").json()) == (200, {"status": "ok"})


def test_database_that_does_not_answer_is_named(client: Client, db: None) -> None:
    with connection.execute_wrapper(without_database):
        code, said = asked(client)

    assert (code, said["database"], said["migrations"], said["redis"]) == (503, "down", "unknown", "ok")
    assert "internal" not in json.dumps(said)


def test_missing_migration_is_named(client: Client, db: None) -> None:
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("detections")
    MigrationRecorder(connection).record_unapplied(*newest)

    code, said = asked(client)

    assert (code, said["migrations"], said["database"]) == (503, "pending", "ok")


def test_redis_that_is_down_is_named(client: Client, db: None, settings: Any, tmp_path: Path) -> None:
    there = here.CACHES["default"] | {"LOCATION": f"unix://{tmp_path}/redis.sock"}
    settings.CACHES = {"default": there}

    code, said = asked(client)

    assert (code, said["redis"], said["database"]) == (503, "down", "ok")
    assert str(tmp_path) not in json.dumps(said)


def test_folder_of_pictures_that_takes_no_file_is_named(
    client: Client, db: None, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "full").write_text("a file where the folder should be")
    pictures = here.STORAGES["pictures"] | {"OPTIONS": {"location": tmp_path / "full"}}
    settings.STORAGES = here.STORAGES | {"pictures": pictures}

    code, said = asked(client)

    assert (code, said["pictures"], said["redis"]) == (503, "down", "ok")


def test_asking_often_leaves_one_small_file(client: Client, db: None, settings: Any, tmp_path: Path) -> None:
    pictures = here.STORAGES["pictures"] | {"OPTIONS": {"location": tmp_path}}
    settings.STORAGES = here.STORAGES | {"pictures": pictures}
    for _ in range(3):
        PICTURES.probe()

    assert [path.read_bytes() for path in tmp_path.rglob("*")] == [b"ok"]


def test_storm_of_questions_is_one_look_a_second(client: Client, at_the_shop: World) -> None:
    with CaptureQueriesContext(connection) as captured:
        for _ in range(20):
            asked(client)
    assert 0 < len(captured) <= 3

    at_the_shop.at += timedelta(seconds=1)
    with connection.execute_wrapper(without_database):
        assert asked(client)[0] == 503
