"""Who carries out which kind of job."""

from collections.abc import Mapping

from rekognition_local.buckets import Buckets
from rekognition_local.settings import Settings
from rekognition_local.work import Hand

# Kinds that the immediate clock waits for; training takes as long as it takes.
QUICK_KINDS: frozenset[str] = frozenset()


def hands(settings: Settings, buckets: Buckets) -> Mapping[str, Hand]:
    del settings, buckets
    return {}
