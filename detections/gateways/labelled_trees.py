"""Folders and zips of labelled pictures: named files that are read one at a time, each up to a limit."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from zipfile import ZipInfo

from detections.domain.pictures import MAX_UPLOAD_BYTES
from detections.domain.training.layout import PICTURES
from detections.domain.training.pictures import UnreadableSet
from detections.gateways.zip_files import ENCRYPTED, UNREADABLE, opened

IS_UTF_8 = 0x800
MOST_TEXT_BYTES = 200_000_000
"""A manifest of 250,000 pictures, AWS's most, has about as many."""


def most_bytes(name: str) -> int:
    """Return how large a file may be: a picture as registers send it, a text as AWS takes it."""
    return MAX_UPLOAD_BYTES if name.lower().endswith(PICTURES) else MOST_TEXT_BYTES


@dataclass(frozen=True, slots=True)
class FolderTree:
    """The files below a folder; names are relative to it. `only` is the one text that counts, if given."""

    root: Path
    only: str = ""

    def names(self) -> Sequence[str]:
        """Return every file below the folder."""
        found = (path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file())
        return [
            name for name in found if not self.only or name == self.only or name.lower().endswith(PICTURES)
        ]

    def read(self, name: str) -> bytes:
        """Return a file. Raises UnreadableSet."""
        try:
            with (self.root / name).open("rb") as file:
                return _checked(name, file.read(most_bytes(name) + 1))
        except OSError as error:
            raise UnreadableSet("%(file)s cannot be read. Check it.", file=name[-200:]) from error


class ZipTree:
    """The files of a zip. Nothing is unpacked before its size is known, nothing is written by its name."""

    def __init__(self, file: BinaryIO) -> None:
        self._archive = opened(file)
        self._entries = {_name(info): info for info in self._archive.infolist() if not info.is_dir()}

    def names(self) -> Sequence[str]:
        """Return every file in the zip."""
        return list(self._entries)

    def read(self, name: str) -> bytes:
        """Unpack a file. Raises UnreadableSet."""
        info = self._entries[name]
        if info.flag_bits & ENCRYPTED:
            raise UnreadableSet("The file is locked with a password. Zip it without one.")
        if info.file_size > most_bytes(name):
            raise _too_large(name)
        try:
            with self._archive.open(info) as entry:
                return _checked(name, entry.read(most_bytes(name) + 1))
        except UNREADABLE as error:
            raise UnreadableSet("The file cannot be unpacked. Zip it again.") from error


def _name(info: ZipInfo) -> str:
    """Return a file's path as its maker meant it: zips made on Windows in Japan say theirs in Shift_JIS.

    Without the mark for UTF-8 Python reads cp437, which loses no byte (APPNOTE.TXT 4.4.4, bit 11).
    """
    name = info.filename.replace("\\", "/")
    if info.flag_bits & IS_UTF_8 or name.isascii():
        return name
    raw = info.orig_filename.encode("cp437", "replace")
    for encoding in ("utf-8", "cp932"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding).replace("\\", "/")
    return name


@dataclass(frozen=True, slots=True)
class OneText:
    """A single text, such as a manifest that names pictures in S3."""

    name: str
    content: bytes = field(repr=False)

    def names(self) -> Sequence[str]:
        """Return its name."""
        return [self.name]

    def read(self, name: str) -> bytes:
        """Return it."""
        return _checked(name, self.content)


def text_in(content: bytes) -> str:
    """Return a text, with or without the mark that some tools put at its start. Raises UnreadableSet."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableSet("The text is not in UTF-8. Save it as UTF-8.") from error


def _checked(name: str, content: bytes) -> bytes:
    if len(content) > most_bytes(name):
        raise _too_large(name)
    return content


def _too_large(name: str) -> UnreadableSet:
    return UnreadableSet(
        "%(file)s has more than %(most)s bytes. Make it smaller, or leave it out.",
        file=name[-200:], most=most_bytes(name),
    )  # fmt: skip
