"""Fixtures every test may use. Services are started by tests/services.py."""

import pytest

SLOW_FILES = (
    "test_batches_survive_kills.py",
    "test_photos_survive_kills.py",
    "test_reviews_survive_kills.py",
    "test_opening_survives_kills.py",
    "test_day_loop_machine.py",
    "test_switch_under_load.py",
    "test_promotion_machine.py",
    "test_promotion_story.py",
    "test_up.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that two workers finish together."""
    items.sort(key=lambda item: item.path.name not in SLOW_FILES)
