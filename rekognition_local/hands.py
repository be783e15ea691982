"""Who carries out which kind of job."""

from collections.abc import Mapping
from threading import RLock

from rekognition_local.buckets import Buckets
from rekognition_local.settings import Settings
from rekognition_local.storage.store import Store
from rekognition_local.training.hand import KIND as TRAINING
from rekognition_local.training.hand import TrainingHand
from rekognition_local.work import Hand

# Kinds that the immediate clock waits for; training takes as long as it takes.
QUICK_KINDS: frozenset[str] = frozenset()


def hands(settings: Settings, store: Store, lock: RLock, buckets: Buckets) -> Mapping[str, Hand]:
    """A hand for each kind. What they read of the state, they read under the lock, and quickly."""
    del buckets

    def lines_of(dataset_arn: str) -> list[str]:
        with lock, store.database.transaction():
            return store.datasets.lines(dataset_arn)

    return {TRAINING: TrainingHand(settings, lines_of)}
