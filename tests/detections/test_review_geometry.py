"""The editor's geometry, run by Node's own test runner."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = Path(__file__).with_name("geometry.test.mjs")


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js here (apt-get install nodejs)")
def test_geometry_holds() -> None:
    ran = subprocess.run(["node", "--test", TESTS], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout
