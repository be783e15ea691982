"""Migrations that several processes apply at once."""

import os
import subprocess
import sys

import psycopg
import pytest

from portal.embedded.folder import PROJECT

pytestmark = [pytest.mark.processes, pytest.mark.timeout(400)]


def test_two_at_once_are_harmless():
    url, name = os.environ["DATABASE_URL"], f"migrated_twice_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            environment = os.environ | {"DATABASE_URL": url.replace("/kamado?", f"/{name}?")}
            command = [sys.executable, "-m", "portal.embedded.schema"]
            started = [
                subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=subprocess.PIPE, text=True)
                for _ in range(2)
            ]
            assert [process.communicate()[1] for process in started] == ["", ""]
            assert [process.returncode for process in started] == [0, 0]
        finally:
            connection.execute(f"DROP DATABASE {name}")


def test_missing_database_is_one_sentence():
    environment = os.environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    command = [sys.executable, "-m", "portal.embedded.schema"]
    finished = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert finished.returncode == 1
    assert len(finished.stderr.strip().splitlines()) == 1
