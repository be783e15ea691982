"""Whole manifest files: JSON Lines, one entry a line."""

import codecs
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from rekognition_local.manifests.entries import Entry, read_line
from rekognition_local.manifests.messages import ManifestFault

MAX_BYTES = 1024 * 1024 * 1024
MAX_ROWS = 250_000
_UNREADABLE = "ERROR_MANIFEST_INACCESSIBLE_OR_UNSUPPORTED_FORMAT"
# What no JSON line can be; it stands for bytes that are no UTF-8.
_NO_TEXT = "\0"


def require_extension(key: str) -> None:
    """AWS refuses a manifest whose name has no extension; which one it has does not matter."""
    if not PurePosixPath(key).suffix:
        raise ManifestFault(_UNREADABLE)


def text_lines(content: bytes) -> Iterator[str]:
    """Every line that is not blank; a byte order mark and carriage returns are passed over.

    A line of broken UTF-8 comes as one that is no JSON: the other lines are not its fault.
    """
    start = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    while start < len(content):
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end
        raw = content[start:end].strip()
        start = end + 1
        if raw:
            try:
                yield raw.decode()
            except UnicodeDecodeError:
                yield _NO_TEXT


def iterate_manifest(content: bytes, *, max_rows: int = MAX_ROWS) -> Iterator[Entry]:
    """The entries of a manifest, the first of every source-ref. Raises ManifestFault, maybe half way."""
    if len(content) > MAX_BYTES:
        raise ManifestFault("ERROR_MANIFEST_SIZE_TOO_LARGE")
    seen: set[str] = set()
    rows, is_json = 0, False
    for text in text_lines(content):
        rows += 1
        if rows > max_rows:
            raise ManifestFault("ERROR_MANIFEST_ROWS_EXCEEDS_MAXIMUM")
        entry = read_line(text)
        # The line that is no JSON is replaced by its error alone.
        is_json = is_json or set(entry.line) != {"errors"}
        if entry.source_ref is not None:
            if entry.source_ref in seen:
                continue
            seen.add(entry.source_ref)
        yield entry
    if not rows:
        raise ManifestFault("ERROR_EMPTY_MANIFEST")
    if not is_json:
        raise ManifestFault(_UNREADABLE)


def read_lines(lines: Iterable[str]) -> list[Entry]:
    """The entries of lines that a dataset holds already."""
    return [read_line(line) for line in lines]


def read_manifest(content: bytes) -> list[Entry]:
    return list(iterate_manifest(content))
