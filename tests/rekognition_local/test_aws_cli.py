"""The article's own commands, typed into the real AWS CLI."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rekognition_local.settings import ClockMode, Durations, Quotas, Span
from tests.rekognition_local.local import TOKYO, Local

ROOT = Path(__file__).parents[2]
AWS_CLI = os.environ.get("KAMADO_AWS_CLI") or shutil.which("aws", path=str(ROOT / "var" / "awscli" / "bin"))

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not AWS_CLI, reason="no AWS CLI: set KAMADO_AWS_CLI, or install it into var/awscli"),
]


@pytest.fixture
def aws(local_with: Callable[..., Local], tmp_path: Path) -> tuple[Local, Callable[..., Any]]:
    """A server on a fast clock (a start takes 10 minutes, 0.1 s here) and the CLI pointed at it."""
    durations = Durations(start=Span.parse("600"), stop=Span.parse("60"))
    local = local_with(
        clock=ClockMode.SCALED, scale=6000.0, durations=durations, quotas=Quotas().without_tps()
    )

    def run(*words: str) -> Any:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "AWS_ENDPOINT_URL_REKOGNITION": local.url,
            "AWS_ACCESS_KEY_ID": "AKIDKOMUGI",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": TOKYO,
            "AWS_PAGER": "",
        }
        command = [str(AWS_CLI), "rekognition", *words, "--output", "json"]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=90, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    return local, run


def test_articles_commands_work_unchanged(aws: tuple[Local, Callable[..., Any]]) -> None:
    local, run = aws
    project, version = local.seed(1)
    by_name = ["--project-arn", project, "--version-names", "v1"]

    started = run("start-project-version", "--project-version-arn", version, "--min-inference-units", "1")
    assert started == {"Status": "STARTING"}
    run("wait", "project-version-running", *by_name)
    described = run("describe-project-versions", *by_name)
    assert described["ProjectVersionDescriptions"][0]["Status"] == "RUNNING"
    assert run("stop-project-version", "--project-version-arn", version) == {"Status": "STOPPING"}
