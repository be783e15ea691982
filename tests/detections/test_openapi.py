"""The API keeps to its own description, whatever is sent to it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from detections.gateways.in_memory_eyes import InMemoryEyes
from tests.detections.conftest import Register, jpeg, register_of

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
EXAMPLES = int(os.environ.get("KAMADO_API_EXAMPLES", "3"))
CASES = re.compile(r"([\d,]+) generated")


@pytest.mark.timeout(1800)
@pytest.mark.django_db(transaction=True)
def test_no_request_gets_an_answer_that_is_not_described(
    asakusa: Register, eyes: InMemoryEyes, live_server: LiveServer, tmp_path: Path
) -> None:
    """Schemathesis reads openapi.json and sends what fits it and what does not, many of each."""
    asakusa.send(jpeg())
    key = register_of(asakusa.store, per_minute=100_000).text

    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{live_server.url}/api/v1/openapi.json"),
            *("--header", f"Authorization: Bearer {key}", "--checks", CHECKS, "--seed", "1"),
            *("--max-examples", str(EXAMPLES), "--phases", "examples,coverage,fuzzing", "--no-color"),
            *("--generation-database", "none", "--warnings", "off"),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    cases = CASES.search(done.stdout)
    assert cases is not None
    assert int(cases[1].replace(",", "")) >= 3 * EXAMPLES, done.stdout[-1500:]
