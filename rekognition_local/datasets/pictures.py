"""Looking at the pictures of many entries: some at a time, each read whole and forgotten at once."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from rekognition_local.buckets import BucketError, Buckets, S3Place, Trouble
from rekognition_local.manifests import Entry, checked_with, look_at
from rekognition_local.pictures import MAX_S3_BYTES
from rekognition_local.work import JobFailed

_AT_ONCE, _BATCH = 4, 256


@dataclass(frozen=True, slots=True)
class Gallery:
    """The buckets as calls of one region may read them."""

    buckets: Buckets
    region: str

    def checked(self, entries: Iterable[Entry]) -> Iterator[list[Entry]]:
        """The entries judged together with their pictures, a batch at a time and in their order.

        Raises JobFailed when the buckets cannot be reached.
        """
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="rekognition-local-look") as threads:
            waiting = iter(entries)
            while batch := list(islice(waiting, _BATCH)):
                yield list(threads.map(self._with_picture, batch))

    def _with_picture(self, entry: Entry) -> Entry:
        try:
            place = S3Place.parse(entry.source_ref or "")
        except ValueError:
            # The line says so already.
            return entry
        try:
            content = self.buckets.read(place, region=self.region, max_bytes=MAX_S3_BYTES)
        except BucketError as error:
            # An outage says nothing about the picture.
            if error.trouble is Trouble.UNREACHABLE:
                raise JobFailed(str(error), code="SERVICE_ERROR") from error
            return checked_with(entry, look_at(None))
        return checked_with(entry, look_at(content))
