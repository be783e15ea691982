"""Fixtures every test may use. Services are started by tests/services.py."""

import os
from collections.abc import Iterator
from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils import translation
from pytest_django.plugin import DjangoDbBlocker, blocking_manager_key

from tests.services import TEMPLATE_VARIABLE

SLOW_FILES = (
    "test_batches_survive_kills.py",
    "test_learning_afternoon.py",
    "test_opening_survives_kills.py",
    "test_switch_under_load.py",
    "test_training.py",
    "test_accessibility.py",
    "test_detector.py",
    "test_up.py",
    "test_completeness.py",
    "test_one_command.py",
    "test_promotion_story.py",
    "test_review_browser.py",
    "test_demo.py",
    "test_openapi.py",
    "test_till_queue_browser.py",
    "test_detection.py",
    "test_schooling.py",
    "test_model_stories.py",
)


def pytest_configure() -> None:
    """Hash the passwords of tests quickly: what they show does not hang on how slowly it is done."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = os.environ.get(TEMPLATE_VARIABLE)
    # A worker that empties its cache must not empty the others'.
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 15 + 1
    settings.CACHES["default"]["LOCATION"] = f"{settings.REDIS_URL}?db={number}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Put the first prices back that a test with real transactions has flushed away with the rest."""
    yield
    is_flushed = "transactional_db" in getattr(item, "fixturenames", ()) or _is_transactional(item)
    if nextitem is not None and is_flushed:
        seed = import_module("models_registry.migrations.0003_first_prices").seed
        with item.config.stash[blocking_manager_key].unblock():
            seed(apps, None)
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE base_auditentry")  # where the seeding has been noted


def _is_transactional(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    return marker is not None and bool(marker.kwargs.get("transaction"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that all workers finish together."""
    items.sort(key=lambda item: item.path.name not in SLOW_FILES)


@pytest.fixture(autouse=True)
def default_language() -> None:
    """Begin each test in the default language: a request leaves its own behind in the thread."""
    translation.deactivate()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let the flush after a test with real transactions empty the audit trail, here and nowhere else."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE base_auditentry DISABLE TRIGGER kamado_audit_is_not_emptied")
