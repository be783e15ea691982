"""What a training learns from and is tested with: manifests read, every line judged with its picture."""

import hashlib
from dataclasses import dataclass
from typing import Any

from rekognition_local.buckets import BucketError, Buckets, S3Place, Trouble
from rekognition_local.errors import ServiceError
from rekognition_local.manifests import (
    Entry,
    ManifestFault,
    Report,
    UseCase,
    check_picture,
    read_line,
    read_manifest,
)
from rekognition_local.pictures import MAX_S3_BYTES, decode
from rekognition_local.training.results import ManifestStatistics
from rekognition_local.vision.shapes import Box, BoxedPicture, Pixels, TaggedPicture

MAX_MANIFEST_BYTES = 1024**3
_FILE_FAULTS = {
    Trouble.DENIED: "ERROR_INVALID_PERMISSIONS_MANIFEST_S3_BUCKET",
    Trouble.TOO_LARGE: "ERROR_MANIFEST_SIZE_TOO_LARGE",
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the pictures are."""

    buckets: Buckets
    region: str

    def picture(self, source_ref: str) -> bytes:
        return self.buckets.read(S3Place.parse(source_ref), region=self.region, max_bytes=MAX_S3_BYTES)


@dataclass(frozen=True, slots=True)
class Pictured:
    """An entry whose picture has been looked at; `digest` is of the picture and what is said about it."""

    entry: Entry
    shelf: Shelf
    digest: bytes

    def pixels(self) -> Pixels:
        return decode(self.shelf.picture(str(self.entry.source_ref)))

    def boxes(self) -> tuple[Box, ...]:
        return tuple(
            Box(one.label, float(one.left), float(one.top), float(one.width), float(one.height))
            for one in self.entry.boxes
        )

    def boxed(self) -> BoxedPicture:
        return BoxedPicture(self.pixels(), self.boxes())

    def tagged(self) -> TaggedPicture:
        return TaggedPicture(self.pixels(), self.entry.tags)


def read_side(side: dict[str, Any], shelf: Shelf) -> list[Pictured]:
    """The entries of a dataset or of manifests. Raises ManifestFault when a file cannot be read."""
    if "lines" in side:
        entries = [read_line(line) for line in side["lines"]]
    else:
        entries = [entry for asset in side["assets"] for entry in _asset(asset, shelf)]
    return [_pictured(entry, shelf) for entry in entries]


def _asset(asset: dict[str, str], shelf: Shelf) -> list[Entry]:
    place = S3Place(asset["bucket"], asset["key"])
    try:
        content = shelf.buckets.read(place, region=shelf.region, max_bytes=MAX_MANIFEST_BYTES)
    except BucketError as error:
        usual = "ERROR_MANIFEST_INACCESSIBLE_OR_UNSUPPORTED_FORMAT"
        raise ManifestFault(_FILE_FAULTS.get(error.trouble, usual), str(error)) from error
    return read_manifest(content)


def _pictured(entry: Entry, shelf: Shelf) -> Pictured:
    """Every picture is decoded once before anything is learnt: a broken one must not end a long training."""
    if not entry.is_usable or entry.source_ref is None:
        return Pictured(entry, shelf, b"")
    try:
        content = shelf.picture(entry.source_ref)
        decode(content)
    except (BucketError, ServiceError, ValueError):
        return Pictured(check_picture(entry, None), shelf, b"")
    said = repr(
        (sorted((one.label, one.left, one.top, one.width, one.height) for one in entry.boxes), entry.tags)
    )
    digest = hashlib.sha256(hashlib.sha256(content).digest() + said.encode()).digest()
    return Pictured(check_picture(entry, content), shelf, digest)


def statistics(report: Report, use_case: UseCase) -> ManifestStatistics:
    """What became of a side's lines."""
    return ManifestStatistics(
        use_case=use_case,
        total=report.total,
        valid=report.valid,
        invalid=report.invalid,
        ignored=report.ignored,
        error_line_indexes=report.error_indices,
        errors=[{"code": fault.code, "message": fault.message} for fault in report.faults],
    )
