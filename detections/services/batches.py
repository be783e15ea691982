"""Batches of pictures: unpacked into waiting photos, analysed by whoever analyses waiting photos, ended.

Every step can be done twice: an entry's picture and row have names that follow from the batch and the
entry's number, so that unpacking again after a crash finds them there. A photo is claimed by
compare-and-set, whoever hands it in.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

from django.db import transaction
from django.db.models import QuerySet

from detections.domain.batches import ENDED, WARM_UP, BatchState, InvalidBatch, expected_minutes
from detections.domain.outcomes import OPEN, Outcome, Source
from detections.domain.pictures import Picture, PictureRefused
from detections.domain.ports import PictureMissing, PictureStore
from detections.models import Batch, Detection
from models_registry.domain.objects import ObjectStoreError
from models_registry.domain.overrides import OverrideKind
from models_registry.models import Deployment, Override
from models_registry.services.overrides import OverrideOrder, cancel_override, set_override
from portal.base.models import User
from stores.models import Store
from stores.services.wording import in_words

logger = logging.getLogger(__name__)
NOTED_EVERY = 20
Entries = Iterator[tuple[str, Picture | PictureRefused]]


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """What is handed in: a zip, or a list of objects, that is stored already; may its model be started?"""

    deployment: Deployment
    store: Store
    name: str
    source_key: str
    entries: int
    starts_model: bool


@dataclass(frozen=True, slots=True)
class Unpacking:
    """The world as unpacking meets it; `read` yields a batch's files from its `read_upto` on."""

    pictures: PictureStore
    open_file: Callable[[str], AbstractContextManager[BinaryIO]]
    read: Callable[[Batch, BinaryIO], Entries]


def hand_in(*, order: BatchOrder, author: User | None, at: datetime) -> Batch:
    """Write a batch down; where it may, it keeps its deployment's model running until it has ended."""
    with transaction.atomic():
        return Batch.objects.create(
            deployment=order.deployment, store=order.store, name=order.name[:120], author=author,
            source_key=order.source_key, entries=order.entries, starts_model=order.starts_model,
            override=_run(order, author, at) if order.starts_model else None,
        )  # fmt: skip


def _run(order: BatchOrder, author: User | None, at: datetime) -> Override:
    minutes = expected_minutes(order.entries, order.deployment.min_inference_units)
    span = WARM_UP + timedelta(minutes=2 * minutes)
    asked = OverrideOrder(OverrideKind.RUN, at, at + span, why=order.name, deployment=order.deployment)
    return set_override(order=asked, author=author, at=at)


def pause(*, batch: Batch) -> bool:
    """Leave what is not analysed yet; tell whether there was anything to pause."""
    going = Batch.objects.filter(pk=batch.pk, state__in=[BatchState.READING, BatchState.RUNNING])
    return going.update(state=BatchState.PAUSED) == 1


def resume(*, batch: Batch) -> bool:
    """Go on; tell whether it was paused."""
    return Batch.objects.filter(pk=batch.pk, state=BatchState.PAUSED).update(state=BatchState.READING) == 1


def cancel(*, batch: Batch, author: User | None, at: datetime) -> bool:
    """End a batch for good: what is analysed stays, the rest is not asked about any more."""
    with transaction.atomic():
        going = Batch.objects.filter(pk=batch.pk).exclude(state__in=sorted(ENDED))
        if not going.update(state=BatchState.CANCELLED, ended_at=at):
            return False
        _drop(Detection.objects.filter(batch=batch))
        _let_go(batch, author, at)
    return True


def _drop(rows: QuerySet[Detection]) -> None:
    """Ask about waiting photos no more."""
    waiting = rows.filter(outcome=Outcome.WAITING)
    waiting.update(outcome=Outcome.INTERRUPTED, error_code="batch_cancelled")


def advance(*, at: datetime, unpacking: Unpacking, is_time: Callable[[], bool]) -> None:
    """Unpack what is to be unpacked while there is time, and end what has been analysed."""
    _drop(Detection.objects.filter(batch__state=BatchState.CANCELLED))
    for batch in Batch.objects.exclude(state__in=sorted(ENDED)).order_by("pk"):
        if batch.state == BatchState.READING:
            _unpack(batch, unpacking, at, is_time)
        _end(batch, unpacking.pictures, at)


def _unpack(batch: Batch, unpacking: Unpacking, at: datetime, is_time: Callable[[], bool]) -> None:
    try:
        with unpacking.open_file(batch.source_key) as file:
            entries = unpacking.read(batch, file)
            while is_time() and _take_some(batch, entries, unpacking.pictures, at):
                pass
    except (InvalidBatch, PictureMissing) as error:
        Batch.objects.filter(pk=batch.pk, state=BatchState.READING).update(
            state=BatchState.FAILED, message=in_words(error)[:300], ended_at=at
        )
        _let_go(batch, None, at)
    except ObjectStoreError as error:
        logger.warning("batch %s goes on later: %s", batch.pk, error)


def _take_some(batch: Batch, entries: Entries, pictures: PictureStore, at: datetime) -> bool:
    """Write down the next few files and how far that is; tell whether there may be more and we still may."""
    number, refused = batch.read_upto, list(batch.refused)
    for name, found in entries:
        if isinstance(found, PictureRefused):
            refused.append([name[-200:], in_words(found)])
        else:
            _write(batch, number, name, found, pictures, at)
        number += 1
        if number - batch.read_upto >= NOTED_EVERY:
            break
    is_over = number >= batch.entries
    state = BatchState.RUNNING if is_over else BatchState.READING
    mine = Batch.objects.filter(pk=batch.pk, state=BatchState.READING, read_upto=batch.read_upto)
    if not mine.update(read_upto=number, refused=refused, state=state):
        return False
    batch.read_upto, batch.refused, batch.state = number, refused, state
    return not is_over


def _write(
    batch: Batch, number: int, name: str, found: Picture, pictures: PictureStore, at: datetime
) -> None:
    key = f"{batch.store_id}/batch-{batch.pk}/{number}.{found.suffix}"
    pictures.save(key, found.content)
    row = Detection(
        store=batch.store, deployment=batch.deployment, batch=batch, file_name=name[-200:], at=at,
        taken_at=at + timedelta(microseconds=number), source=Source.BATCH, outcome=Outcome.WAITING,
        idempotency_key=f"batch:{batch.pk}:{number}", picture_name=key, picture_key=key,
        picture_sha256=hashlib.sha256(found.content).hexdigest(), picture_bytes=len(found.content),
        width=found.width,
        height=found.height,
    )  # fmt: skip
    Detection.objects.bulk_create([row], ignore_conflicts=True)


def _end(batch: Batch, pictures: PictureStore, at: datetime) -> None:
    """End a batch whose photos have all been decided, and give the model and the zip back."""
    rows = Detection.objects.filter(batch=batch)
    if batch.began_at is None and rows.exclude(outcome__in=sorted(OPEN)).exists():
        Batch.objects.filter(pk=batch.pk).update(began_at=at)
    if batch.state != BatchState.RUNNING or rows.filter(outcome__in=sorted(OPEN)).exists():
        _hold_on(batch, at)
        return
    if Batch.objects.filter(pk=batch.pk, state=BatchState.RUNNING).update(state=BatchState.DONE, ended_at=at):
        _let_go(batch, None, at)
        pictures.delete([batch.source_key])


def _hold_on(batch: Batch, at: datetime) -> None:
    """Keep the model a little longer where a batch takes longer than was thought."""
    held = batch.override
    if held is None or held.cancelled_at is not None or batch.state == BatchState.PAUSED:
        return
    soon = at + timedelta(minutes=5)
    if batch.state != BatchState.FAILED and at < held.ends_at < soon:
        Override.objects.filter(pk=held.pk, ends_at=held.ends_at).update(
            ends_at=held.ends_at + timedelta(minutes=15)
        )


def _let_go(batch: Batch, author: User | None, at: datetime) -> None:
    if batch.override is not None:
        cancel_override(override=batch.override, author=author, at=at)
