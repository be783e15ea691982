import pytest
from django.core.cache import cache
from django.db import connection


@pytest.mark.django_db
def test_database_is_the_temporary_postgresql():
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        [data] = cursor.fetchone()
    assert "kamado-tests-" in data


def test_cache_answers():
    cache.set("kamado", "lit")
    assert cache.get("kamado") == "lit"
