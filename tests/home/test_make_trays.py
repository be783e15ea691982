"""The command that draws trays: what it writes, and what it says when it cannot."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command


def make_trays(out: Path, *words: str) -> str:
    output = io.StringIO()
    call_command("make_trays", "--out", str(out), "--size", "256x192", *words, stdout=output)
    return output.getvalue()


def test_make_trays_writes_pictures_and_manifest(tmp_path: Path) -> None:
    said = make_trays(tmp_path / "counter", "--count", "2")
    assert said == f"2 trays of 14 breads; manifest: {tmp_path / 'counter' / 'train.manifest'}\n"
    lines = (tmp_path / "counter" / "train.manifest").read_text(encoding="utf-8").splitlines()
    sources = [json.loads(line)["source-ref"] for line in lines]
    assert sources == ["s3://trays/counter/tray-0001.jpg", "s3://trays/counter/tray-0002.jpg"]


def test_make_trays_names_the_known_breads_when_one_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no bread “bagel”.*anpan, uguisu-pan"):
        make_trays(tmp_path / "counter", "--breads", "bagel")
