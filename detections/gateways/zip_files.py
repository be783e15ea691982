"""Pictures out of a zip, one at a time: nothing is unpacked before its size is known, nothing by its name."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from detections.domain.batches import InvalidBatch, check_entry, check_zip, is_noise
from detections.domain.pictures import MAX_UPLOAD_BYTES, Picture, PictureRefused
from detections.gateways.pixels import read_picture

UNREADABLE = (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
ENCRYPTED = 0x1


def count_entries(file: BinaryIO) -> int:
    """Return how many files a zip holds. Raises InvalidBatch."""
    return len(_pictures(opened(file)))


def pictures_in(file: BinaryIO, *, start: int) -> Iterator[tuple[str, Picture | PictureRefused]]:
    """Yield each file's name from number `start` on, with its picture or why it is none."""
    with opened(file) as archive:
        for info in _pictures(archive)[start:]:
            try:
                check_entry(info.file_size, is_encrypted=bool(info.flag_bits & ENCRYPTED))
                with archive.open(info) as entry:
                    content = entry.read(MAX_UPLOAD_BYTES + 1)
                yield info.filename, read_picture(content)
            except PictureRefused as error:
                yield info.filename, error
            except UNREADABLE:
                yield (
                    info.filename,
                    PictureRefused("picture_damaged", "The file cannot be unpacked. Zip it again."),
                )


def opened(file: BinaryIO) -> zipfile.ZipFile:
    """Open a zip that is not too much to unpack. Raises InvalidBatch."""
    try:
        archive = zipfile.ZipFile(file)
    except UNREADABLE as error:
        raise InvalidBatch("This is not a zip file, or it is damaged. Zip the pictures again.") from error
    files = archive.infolist()
    check_zip(len(files), sum(info.file_size for info in files))
    return archive


def _pictures(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    found = [info for info in archive.infolist() if not is_noise(info.filename)]
    if not found:
        raise InvalidBatch("There is no file in the zip. Zip the pictures again.")
    return found
