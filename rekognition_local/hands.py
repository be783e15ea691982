"""Who carries out which kind of job."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import RLock

from rekognition_local.buckets import Buckets
from rekognition_local.datasets import hands as dataset_work
from rekognition_local.settings import Settings
from rekognition_local.storage.store import Store
from rekognition_local.training.hand import KIND as TRAINING
from rekognition_local.training.hand import TrainingHand
from rekognition_local.work import Hand

# Kinds that the immediate clock waits for; training takes as long as it takes.
QUICK_KINDS: frozenset[str] = dataset_work.KINDS


def hands(settings: Settings, store: Store, lock: RLock, buckets: Buckets) -> Mapping[str, Hand]:
    """A hand for each kind. What they read of the state, they read under the lock, and quickly."""

    @contextmanager
    def open_store() -> Iterator[Store]:
        with lock, store.database.transaction():
            yield store

    def lines_of(dataset_arn: str) -> list[str]:
        with open_store():
            return store.datasets.lines(dataset_arn)

    return {
        TRAINING: TrainingHand(settings, lines_of),
        dataset_work.CREATE: dataset_work.CreateHand(
            buckets, open_store, max_images=settings.quotas.images_per_dataset
        ),
        dataset_work.UPDATE: dataset_work.UpdateHand(buckets),
        dataset_work.DISTRIBUTE: dataset_work.DistributeHand(open_store, seed=settings.seed),
    }
