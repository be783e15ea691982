"""The editor's geometry and the simulator, run by Node's own test runner."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = sorted(Path(__file__).parent.glob("*.test.mjs"))


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js here (apt-get install nodejs)")
def test_scripts_hold() -> None:
    ran = subprocess.run(["node", "--test", *TESTS], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout
