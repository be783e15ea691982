"""The command that draws trays: what it writes, and what it says when it cannot."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command


def make_trays(out: Path, *words: str) -> str:
    output = io.StringIO()
    call_command("make_trays", "--out", str(out), "--size", "128x96", *words, stdout=output)
    return output.getvalue()


def lines_of(out: Path) -> list[dict[str, object]]:
    text = (out / "train.manifest").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_make_trays_writes_pictures_and_manifest(tmp_path: Path) -> None:
    out = tmp_path / "counter"
    assert make_trays(out, "--count", "2") == f"2 trays of 14 breads; manifest: {out / 'train.manifest'}\n"
    sources = [line["source-ref"] for line in lines_of(out)]
    assert sources == ["s3://trays/counter/tray-0001.jpg", "s3://trays/counter/tray-0002.jpg"]
    assert sorted(path.name for path in out.iterdir()) == ["train.manifest", "tray-0001.jpg", "tray-0002.jpg"]


def test_make_trays_draws_only_the_breads_asked_for(tmp_path: Path) -> None:
    words = ("--breads", "anpan, melon-pan,curry-pan", "--without", "curry-pan", "--bucket", "s3://crumbs/x")
    said = make_trays(tmp_path / "two", "--count", "1", "--hard", *words)
    assert said.startswith("1 tray of 2 breads")
    line = lines_of(tmp_path / "two")[0]
    assert line["source-ref"] == "s3://crumbs/x/tray-0001.jpg"
    assert '"class-map": {"0": "あんぱん", "1": "メロンパン"}' in json.dumps(line, ensure_ascii=False)


def test_make_trays_runs_again_after_an_interruption(tmp_path: Path) -> None:
    (tmp_path / "tray-0009.jpg").write_bytes(b"half")
    (tmp_path / "tray-0010.jpg.part").write_bytes(b"half")
    make_trays(tmp_path, "--count", "1")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["train.manifest", "tray-0001.jpg"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--breads", "bagel"), r"no bread “bagel”.*anpan, uguisu-pan"),
        (("--without", "bagel"), r"no bread “bagel”"),
        (("--breads", "anpan", "--without", "anpan"), r"No bread is left"),
        (("--breads", ","), r"No bread is left"),
        (("--count", "0"), r"1 to 100000 trays, not 0"),
        (("--seed", "-1"), r"0 or more, not -1"),
        (("--size", "9x9"), r"“9x9” is not a size"),
        (("--bucket", "crumbs"), r"Write it like s3://bucket/prefix"),
    ],
)
def test_make_trays_says_what_to_do_when_words_are_off(
    tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        make_trays(tmp_path / "counter", *words)
    assert not (tmp_path / "counter").exists()


def test_make_trays_keeps_its_hands_off_a_folder_in_use(tmp_path: Path) -> None:
    make_trays(tmp_path / "trays", "--count", "1")
    with pytest.raises(CommandError, match=r"holds other trays already"):
        make_trays(tmp_path / "trays", "--count", "1")
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "letter.txt").write_text("Dear baker")
    with pytest.raises(CommandError, match=r"holds other files"):
        make_trays(tmp_path / "papers", "--count", "1")
    assert (tmp_path / "papers" / "letter.txt").exists()


def test_make_trays_says_so_when_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match=r"Cannot write to .*file"):
        make_trays(tmp_path / "file", "--count", "1")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_make_trays_says_so_when_it_may_not_write(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(CommandError, match=r"Permission denied"):
        make_trays(tmp_path / "locked", "--count", "1")
