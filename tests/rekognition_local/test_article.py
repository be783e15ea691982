"""docs/article.md, typed into bash as it stands, with the real AWS CLI."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.rekognition_local.test_aws_cli import AWS_CLI, ROOT

PAGE = ROOT / "docs" / "article.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEXT_BLOCK = "=== next block ==="
END_OF_PAGE = "=== end of page ==="

pytestmark = [
    pytest.mark.processes,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not AWS_CLI, reason="no AWS CLI: set KAMADO_AWS_CLI, or install it into var/awscli"),
    pytest.mark.skipif(not shutil.which("bash"), reason="no bash, for which the page is written"),
]


@dataclass(frozen=True)
class Walk:
    """What each block of the page answered, by the block's commands."""

    answers: list[tuple[str, str]]
    folder: Path
    variables: dict[str, str]

    def said(self, *words: str) -> str:
        """The output of the one block in which all words stand."""
        found = [output for block, output in self.answers if all(word in block for word in words)]
        assert len(found) == 1, f"{len(found)} blocks have {words}"
        return found[0]

    def labels(self, *words: str) -> list[dict[str, Any]]:
        labels: list[dict[str, Any]] = json.loads(self.said("detect-custom-labels", *words))["CustomLabels"]
        return labels

    def by_default(self) -> list[dict[str, Any]]:
        block = next(block for block, _ in self.answers if "detect-custom-labels" in block)
        assert "--min-confidence" not in block
        assert "S3Object" in block
        return self.labels(block)

    def thresholds(self) -> dict[str, float]:
        """Each label's assumed threshold in percent, from the summary that the page shows."""
        summary = json.loads(self.said("cat $WORK"))
        return {
            each["Label"]: each["Metrics"]["Threshold"] * 100 for each in summary["LabelEvaluationResults"]
        }


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    folder = tmp_path_factory.mktemp("article")
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    script = f"\necho '{NEXT_BLOCK}'\n".join(["set -eu -o pipefail", *blocks])
    last = f"\necho '{END_OF_PAGE}'\nprintf '%s\\n' PROJECT=$PROJECT V1=$V1 V2=$V2\n"
    output = typed_into_bash(script + last, folder)
    answers, _, variables = output.partition(END_OF_PAGE)
    outputs = answers.split(NEXT_BLOCK)[1:]
    return Walk(
        list(zip(blocks, outputs, strict=True)),
        folder,
        dict(line.split("=", 1) for line in variables.split()),
    )


def typed_into_bash(script: str, folder: Path) -> str:
    """Run at the repository's root; whatever it has started ends with it."""
    path = f"{Path(sys.executable).parent}:{Path(str(AWS_CLI)).parent}:{os.environ['PATH']}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    its_own = {"PATH": path, "HOME": str(folder), "WORK": str(folder), "PORT": str(free_port())}
    with (folder / "stdout").open("w+") as output, (folder / "stderr").open("w+") as errors:
        shell = subprocess.Popen(
            ["bash", "-c", script],
            cwd=ROOT,
            env={**inherited, **its_own},
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        try:
            shell.wait(timeout=300)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
    said = (folder / "stdout").read_text(encoding="utf-8")
    assert shell.returncode == 0, said + (folder / "stderr").read_text(encoding="utf-8")
    return said


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_evaluation_has_three_assumed_thresholds(walk: Walk) -> None:
    described = json.loads(walk.said("Evaluation:EvaluationResult"))

    assert described["Status"] == "TRAINING_COMPLETED"
    assert 0 < described["Evaluation"]["F1Score"] <= 1
    place = described["Evaluation"]["Summary"]["S3Object"]
    shown = json.loads(walk.said("cat $WORK"))
    assert shown == json.loads(
        (walk.folder / "s3" / place["Bucket"] / place["Name"]).read_text(encoding="utf-8")
    )
    assert set(walk.thresholds()) == {"あんぱん", "メロンパン", "焼きそばパン"}


def test_picture_in_a_bucket_and_picture_sent_are_answered_alike(walk: Walk) -> None:
    assert walk.labels("--image-bytes") == walk.by_default()


def test_assumed_thresholds_hide_what_lies_on_the_tray(walk: Walk) -> None:
    everything, thresholds = walk.labels("--min-confidence 0"), walk.thresholds()

    shown = walk.by_default()
    assert shown == [each for each in everything if each["Confidence"] >= thresholds[each["Name"]]]
    assert len(shown) < len(everything)
    assert {each["Name"] for each in shown} < {each["Name"] for each in everything}


@pytest.mark.parametrize("lowest", [80, 75])
def test_min_confidence_takes_the_place_of_the_thresholds(walk: Walk, lowest: int) -> None:
    everything = walk.labels("--min-confidence 0")

    shown = walk.labels(f"--min-confidence {lowest}")
    assert shown == [each for each in everything if each["Confidence"] >= lowest]


def test_retraining_makes_a_new_version_with_a_new_arn(walk: Walk) -> None:
    v1, v2 = walk.variables["V1"], walk.variables["V2"]

    assert "/version/v1/" in v1
    assert "/version/v2/" in v2
    summaries = [
        walk.folder / f"s3/breads/models/breads/{name}/training_manifest.json" for name in ("v1", "v2")
    ]
    learnt = [summary.read_text(encoding="utf-8") for summary in summaries]
    assert ["register/tray-0001.jpg" in each for each in learnt] == [False, True]


def test_new_arn_answers_with_a_model_of_its_own(walk: Walk) -> None:
    """Whether it names more is for the page to tell: one picture more does not promise it."""
    new = walk.labels("--project-version-arn $V2")

    assert new != walk.by_default()
    assert {each["Name"] for each in new} <= set(walk.thresholds())


def test_both_versions_are_stopped_in_the_end(walk: Walk) -> None:
    listed = json.loads(walk.said("describe-project-versions", "kill $SERVER"))

    assert {each["Version"]: each["Status"] for each in listed} == {
        walk.variables["V1"]: "STOPPED",
        walk.variables["V2"]: "STOPPED",
    }
