"""Draw pictures of bread on trays, with the boxes a detector learns from."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from tqdm import tqdm

from portal.base.commands import PortalCommand
from portal.base.errors import InvalidInput
from portal.home.demo.trays import BREADS, Bread, breads_named, write_trays


def a_size(text: str) -> tuple[int, int]:
    """Read WIDTHxHEIGHT from the command line."""
    wide, _, high = text.partition("x")
    if not (wide.isdecimal() and high.isdecimal() and 64 <= int(wide) <= 4096 and 64 <= int(high) <= 4096):
        raise ArgumentTypeError(
            f"“{text}” is not a size. Write it like 1024x768; 64 to 4096 pixels each way."
        )
    return int(wide), int(high)


def some_keys(text: str) -> list[str]:
    """Read keys separated by commas."""
    return [key.strip() for key in text.split(",") if key.strip()]


class Command(PortalCommand):
    help = "Draw trays of bread as JPEG pictures with a Ground Truth manifest (docs/trays.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--count", type=int, default=100, help="How many trays (100).")
        parser.add_argument("--seed", type=int, default=1, help="The same seed gives the same trays (1).")
        parser.add_argument("--out", type=Path, required=True, help="A new or empty folder.")
        parser.add_argument("--hard", action="store_true", help="Look-alikes, touching and cut-off breads.")
        parser.add_argument("--breads", type=some_keys, help="Only these, by key: anpan,melon-pan.")
        parser.add_argument("--without", type=some_keys, default=[], help="All but these.")
        parser.add_argument("--bucket", help="Where the pictures will be, like s3://bucket/prefix.")
        parser.add_argument("--size", type=a_size, default=(1024, 768), help="In pixels (1024x768).")

    def run(self, **options: Any) -> None:
        breads = wanted(options["breads"], options["without"])
        count, folder = options["count"], options["out"]
        with tqdm(total=count, unit="tray", disable=not sys.stderr.isatty(), leave=False) as bar:
            manifest = write_trays(
                folder,
                count=count,
                seed=options["seed"],
                breads=breads,
                hard=options["hard"],
                size=options["size"],
                bucket_uri=options["bucket"],
                watch=lambda number: bar.update(number - bar.n) and None,
            )
        kinds = "trays" if count > 1 else "tray"
        self.stdout.write(f"{count} {kinds} of {len(breads)} breads; manifest: {manifest}")


def wanted(keys: list[str] | None, without: list[str]) -> tuple[Bread, ...]:
    """Pick the breads to draw. Raises InvalidInput when a key is unknown or none is left."""
    left_out = breads_named(without)
    breads = tuple(
        bread for bread in (BREADS if keys is None else breads_named(keys)) if bread not in left_out
    )
    if not breads:
        raise InvalidInput("No bread is left to draw. Name some with --breads, or drop --without.")
    return breads
