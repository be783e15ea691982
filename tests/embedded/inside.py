"""One process inside a portal that runs scripts for a test: Django starts once, not for each question."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping

from portal.embedded.folder import PROJECT

LOOP = """
import contextlib, io, json, sys, time, traceback
import django
django.setup()
from django.db import OperationalError, connection

for line in sys.stdin:
    said, wrong = io.StringIO(), ""
    # A killed PostgreSQL is back in seconds; a script itself is never run twice.
    connection.close()
    for _ in range(300):
        try:
            connection.ensure_connection()
            break
        except OperationalError:
            time.sleep(0.2)
    try:
        with contextlib.redirect_stdout(said):
            exec(json.loads(line), {})
    except Exception:
        wrong = traceback.format_exc()
    print(json.dumps([said.getvalue(), wrong]), flush=True)
"""


class Inside:
    """Scripts are answered one after another with what they print."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-c", LOOP],
            cwd=PROJECT,
            env={**environment, "DJANGO_SETTINGS_MODULE": "portal.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str) -> str:
        """Run Python and return what it has printed."""
        with self._turn:
            self._process.stdin.write(json.dumps(script) + "\n")
            self._process.stdin.flush()
            said, wrong = json.loads(self._process.stdout.readline())
        assert not wrong, wrong
        return said

    def end(self) -> None:
        self._process.communicate()
