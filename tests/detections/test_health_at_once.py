"""Two counts at the same time, in connections of their own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

import pytest
from django.db import connection, transaction

from detections.models import StoreHour
from detections.services.health import Recount, recount_recent
from stores.models import Store
from tests.detections.test_health import NOON, by_hand, fill, in_rows


def test_second_count_waits_for_the_first_and_sees_what_it_saw(
    transactional_db: None, bakery: Callable[..., Store]
) -> None:
    komugi = bakery("komugi")

    def second() -> Recount:
        try:
            return recount_recent(at=NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            recount_recent(at=NOON)
            waiting = pool.submit(second)
            with pytest.raises(NotYet):
                waiting.result(timeout=0.5)
            fill([komugi], 30, seed=8, hours=1)
        assert waiting.result(timeout=10).changed == 2  # noon, and the hour of its last microsecond

    expected = {key: each for key, each in by_hand().items() if key[1] <= NOON}
    assert in_rows() == expected
    assert StoreHour.objects.count() == 2
