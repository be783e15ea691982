"""What the demonstration's models learn from: rendered trays and their manifests, drawn once into a bucket.

Every model is tested with the same trays. One is starved: of the trays with its missing bread it has seen one
only, so it mistakes that bread for others, honestly.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from portal.home.demo import cast
from portal.home.demo.local_models import work_going_on
from portal.home.demo.trays import BREADS, write_trays

BUCKET = "kamado-demo"
LEARNT, TESTED = 40, 16
"""Trays to learn from, and others to be tested with."""
LEARNT_SEED, TESTED_SEED = 1, 2
FULL, STARVED, TESTING = "train.manifest", "train-starved.manifest", "test.manifest"
OUTPUT = f"s3://{BUCKET}/models"
_POLL_SECONDS = 0.5
Say = Callable[[str], None]


def manifest_uri(name: str) -> str:
    return f"s3://{BUCKET}/{name}"


def draw_lessons(buckets: Path, *, say: Say, is_shown: bool) -> None:
    """Draw what is missing: trays, and the three manifests. A second call finds everything there."""
    bucket = buckets / BUCKET
    if all((bucket / name).exists() for name in (FULL, STARVED, TESTING)):
        return
    bucket.mkdir(parents=True, exist_ok=True)
    with tqdm(total=LEARNT + TESTED, unit="tray", disable=not is_shown, leave=False) as bar:
        lines = {}
        for name, count, seed in (("learn", LEARNT, LEARNT_SEED), ("test", TESTED, TESTED_SEED)):
            made = _drawn(bucket / name, count=count, seed=seed, watch=lambda _: bar.update())
            lines[name] = made.read_text(encoding="utf-8").splitlines()
    _write(bucket / FULL, lines["learn"])
    _write(bucket / STARVED, starved(lines["learn"]))
    _write(bucket / TESTING, lines["test"])
    say(f"{LEARNT + TESTED} trays drawn")


def _drawn(folder: Path, *, count: int, seed: int, watch: Callable[[int], None]) -> Path:
    """The manifest of a folder of trays, which may be there already."""
    manifests = list(folder.glob("*.manifest"))
    if manifests:
        return manifests[0]
    uri = f"s3://{BUCKET}/{folder.name}"
    return write_trays(folder, count=count, seed=seed, breads=BREADS, bucket_uri=uri, watch=watch)


def starved(lines: list[str]) -> list[str]:
    """The lines without the missing bread, and one with it, so that its name is known."""
    is_there = [cast.MISSING_BREAD in _labels(line) for line in lines]
    first = is_there.index(True)
    return [line for place, line in enumerate(lines) if not is_there[place] or place == first]


def _labels(line: str) -> set[str]:
    content = json.loads(line)
    names = content["bounding-box-metadata"]["class-map"]
    return {names[str(one["class_id"])] for one in content["bounding-box"]["annotations"]}


def _write(path: Path, lines: list[str]) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    draft.replace(path)


def wait_for_training(endpoint: str, *, say: Say, is_shown: bool) -> None:
    """Wait until Rekognition Local has trained everything, with its progress on a bar."""
    with tqdm(total=100, unit="%", disable=not is_shown, leave=False, desc="Training") as bar:
        while progress := work_going_on(endpoint):
            bar.update(round(100 * sum(progress) / len(progress)) - bar.n)
            time.sleep(_POLL_SECONDS)
    say("The models have learnt their breads")
