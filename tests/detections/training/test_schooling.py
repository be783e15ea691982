"""A set from its submission to a trained version with figures; nothing is lost or trained twice by a kill."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from detections.domain.training.states import ENDED, InvalidSet, SetState
from detections.models import BroughtPicture, TrainingEntry, TrainingSet
from detections.services.schooling import Means, advance_sets
from detections.services.teaching import cancel, go_on, submit
from models_registry.models import ModelVersion
from tests.detections.training.conftest import LEARNT, TESTED, Schoolhouse, schoolhouse_in
from tests.models_registry.conftest import tokyo

SECONDS = 60


@pytest.fixture
def schoolhouse(db: None, tmp_path: Path, trays: Path) -> Iterator[Schoolhouse]:
    yield from schoolhouse_in(tmp_path, trays)


def live_until(schoolhouse: Schoolhouse, *states: SetState) -> TrainingSet:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        schoolhouse.step()
        found = schoolhouse.newest()
        if found.state in states:
            return found
        time.sleep(0.05)
    raise AssertionError(f"still {found.state}: {found.message}")


def test_set_becomes_a_version_with_figures(schoolhouse: Schoolhouse) -> None:
    schoolhouse.bring()
    made = submit(project=schoolhouse.project, author=None, at=schoolhouse.at)
    with pytest.raises(InvalidSet):
        submit(project=schoolhouse.project, author=None, at=schoolhouse.at)

    done = live_until(schoolhouse, SetState.DONE, SetState.FAILED)

    assert (done.state, done.message, done.version_name) == (SetState.DONE, "", made.version_name)
    assert done.version is not None
    assert done.version.name == made.version_name
    assert done.version.label_metrics.count() >= 3
    assert (len(schoolhouse.entries("TRAIN")), len(schoolhouse.entries("TEST"))) == (LEARNT, TESTED)
    assert schoolhouse.versions() == ["TRAINING_COMPLETED"]
    with pytest.raises(InvalidSet, match="Nothing has changed"):
        submit(project=schoolhouse.project, author=None, at=schoolhouse.at)


def test_picture_taken_out_is_sent_without_boxes(schoolhouse: Schoolhouse) -> None:
    schoolhouse.bring()
    submit(project=schoolhouse.project, author=None, at=schoolhouse.at)
    live_until(schoolhouse, SetState.TRAINING)
    TrainingSet.objects.update(state=SetState.FAILED)
    gone = BroughtPicture.objects.filter(split="TRAIN").earliest("pk")
    source = TrainingEntry.objects.filter(split="TRAIN").earliest("pk").source
    gone.delete()

    submit(project=schoolhouse.project, author=None, at=schoolhouse.at)
    live_until(schoolhouse, SetState.TRAINING)

    lines = {each["source-ref"]: each for each in map(json.loads, schoolhouse.entries("TRAIN"))}
    assert len(lines) == LEARNT
    assert lines[source]["bounding-box"]["annotations"] == []
    assert len(schoolhouse.versions()) == 2


def test_refused_pictures_wait_for_a_person(schoolhouse: Schoolhouse) -> None:
    schoolhouse.bring()
    made = submit(project=schoolhouse.project, author=None, at=schoolhouse.at)
    damaged = TrainingEntry.objects.filter(training_set=made, split="TRAIN").order_by("pk")[:1]
    said = json.loads(damaged[0].line)
    said["bounding-box"]["annotations"][0]["left"] = 5_000
    TrainingEntry.objects.filter(pk=damaged[0].pk).update(line=json.dumps(said))

    held = live_until(schoolhouse, SetState.HELD, SetState.DONE, SetState.FAILED)

    assert held.state == SetState.HELD
    assert held.entries.exclude(problems=[]).get().problems == ["ERROR_INVALID_BOUNDING_BOX"]
    assert schoolhouse.versions() == []
    assert go_on(chosen=held, at=schoolhouse.at)
    assert live_until(schoolhouse, SetState.TRAINING, SetState.FAILED).state == SetState.TRAINING


def test_training_that_failed_keeps_awss_words(schoolhouse: Schoolhouse) -> None:
    schoolhouse.bring()
    submit(project=schoolhouse.project, author=None, at=schoolhouse.at)
    live_until(schoolhouse, SetState.TRAINING, SetState.EVALUATING)
    words = "The manifest file has too few usable labels."
    version = ModelVersion.objects.get()
    TrainingSet.objects.update(state=SetState.TRAINING)
    ModelVersion.objects.filter(pk=version.pk).update(status="TRAINING_FAILED", status_message=words)
    advance_sets(at=schoolhouse.at, means=schoolhouse.means, is_time=lambda: True)

    failed = schoolhouse.newest()
    assert (failed.state, failed.message) == (SetState.FAILED, words)


def test_set_is_cancelled_until_it_is_ordered(schoolhouse: Schoolhouse) -> None:
    schoolhouse.bring()
    made = submit(project=schoolhouse.project, author=None, at=schoolhouse.at)
    assert cancel(chosen=made, at=schoolhouse.at)
    assert not cancel(chosen=made, at=schoolhouse.at)
    schoolhouse.step()
    assert schoolhouse.newest().state == SetState.CANCELLED
    assert schoolhouse.versions() == []
    submit(project=schoolhouse.project, author=None, at=schoolhouse.at)
    live_until(schoolhouse, SetState.TRAINING, SetState.EVALUATING)
    assert not cancel(chosen=schoolhouse.newest(), at=schoolhouse.at)


class Deadly:
    """Passes calls on, and is killed with the whole process at the event it was told."""

    def __init__(self, inner: Any, countdown: list[int]) -> None:
        self._inner, self._countdown = inner, countdown

    def __getattr__(self, name: str) -> Any:
        called = getattr(self._inner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._event()
            answer = called(*args, **kwargs)
            self._event()
            return answer

        return call

    def _event(self) -> None:
        self._countdown[0] -= 1
        if self._countdown[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def killed_at(schoolhouse: Schoolhouse, event: int) -> bool:
    """Take one step in a process that is killed at its `event`-th call or answer; tell whether it was."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        countdown = [event]
        means = schoolhouse.means
        deadly = Means(
            lambda connection: Deadly(means.open_school(connection), countdown),
            lambda connection: Deadly(means.open_buckets(connection), countdown),
            Deadly(means.pictures, countdown),
        )
        try:
            replace(schoolhouse, means=deadly).step()
        finally:
            os._exit(0)
    schoolhouse.at += timedelta(seconds=61)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.drill
@pytest.mark.django_db(transaction=True)
def test_kill_at_every_step_loses_and_doubles_nothing(tmp_path: Path, trays: Path) -> None:
    """Process after process is killed at its first, second, … twelfth call or answer, from state to state."""
    for schoolhouse in schoolhouse_in(tmp_path, trays):
        schoolhouse.bring()
        submit(project=schoolhouse.project, author=None, at=schoolhouse.at)
        killed_in: dict[str, int] = {}
        for event in cycle(range(1, 13)):
            state = schoolhouse.newest().state
            if state in ENDED or schoolhouse.at > tokyo(2, 9) + timedelta(hours=4):
                break
            killed_in[state] = killed_in.get(state, 0) + killed_at(schoolhouse, event)

        assert schoolhouse.newest().state == SetState.DONE
        assert all(killed_in[state] for state in ("COPYING", "SENDING", "CHECKING", "ORDERING")), killed_in
        lines = [json.loads(each) for kind in ("TRAIN", "TEST") for each in schoolhouse.entries(kind)]
        sources = TrainingEntry.objects.values_list("source", flat=True)
        assert sorted(each["source-ref"] for each in lines) == sorted(sources)
        assert schoolhouse.versions() == ["TRAINING_COMPLETED"]
