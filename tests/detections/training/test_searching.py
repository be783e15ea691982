"""A bread that is new since the last set is looked for on pictures that were labelled before it was known."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from detections.domain.reviews import Marked
from detections.domain.training import manifest
from detections.domain.training.pictures import Labelled
from detections.models import BroughtPicture, Detection, TrainingSet
from detections.selectors.drafts import draft_of
from detections.services.reviews import Decision, review
from detections.services.teaching import bring, submit
from models_registry.models import Project
from portal.base.models import User
from tests.detections.conftest import ANPAN, MELON, Register, asakusa, eyes, fresh, hq, sign_in
from tests.detections.training.labelled import ROLLS, noise, project_of, some
from tests.models_registry.conftest import World, area, bakery, static_folder, tokyo, world

__all__ = ["area", "asakusa", "bakery", "eyes", "fresh", "hq", "sign_in", "static_folder", "world"]


@pytest.fixture
def breads(db: None) -> Project:
    return project_of()


def test_new_bread_is_looked_for_on_photos_reviewed_before_it_was_known(
    hq: Client, asakusa: Register, eyes: Any, world: World
) -> None:
    by = User.objects.create_user("aki")
    for seed in range(4):
        asakusa.send(noise(seed, 320, 240))
    photos = list(Detection.objects.order_by("pk"))
    melon, curry = (Marked(MELON, ROLLS[0].box),), (Marked("カレーパン", ROLLS[1].box),)
    for photo in photos[:3]:
        review(detection=photo, by=by, decision=Decision(uuid.uuid4(), 0, melon))
    project = Project.objects.get()
    earlier = TrainingSet.objects.create(
        project=project, number=1, digest="0", version_name="v", state="DONE",
        state_since=world.at, submitted_at=world.at, ended_at=world.at,
    )  # fmt: skip
    for photo in photos[:3]:
        line = manifest.line(Labelled(f"s3://b/{photo.pk}.jpg", 320, 240, melon), at=world.at)
        earlier.entries.create(split="TRAIN", source=f"s3://b/{photo.pk}.jpg", line=line)

    review(detection=photos[3], by=by, decision=Decision(uuid.uuid4(), 0, melon + curry))

    found = [each for each in draft_of(project, at=world.at).findings if each.check == "MAY_BE_UNLABELLED"]
    assert [(each.label, each.count) for each in found] == [("カレーパン", 3)]
    address = f"/training/{project.pk}/search/?label=カレーパン"
    assert len(hq.get(address).context["queue"].photos) == 3
    review(detection=photos[0], by=by, decision=Decision(uuid.uuid4(), 1, melon))
    review(detection=photos[1], by=by, decision=Decision(uuid.uuid4(), 1, melon + curry))
    assert [each.photo.pk for each in hq.get(address).context["queue"].photos] == [photos[2].pk]
    assert f"/review/?photo={photos[2].pk}" in hq.get(address).content.decode()


def test_queue_begins_with_the_models_best_guess(
    hq: Client, asakusa: Register, eyes: Any, world: World
) -> None:
    from detections.domain.places import RawLabel

    by = User.objects.create_user("aki")
    for seed, score in ((0, 12.0), (1, 44.0), (2, None), (3, 30.0)):
        eyes.labels = (RawLabel(ANPAN, score, ROLLS[1].box),) if score else ()
        asakusa.send(noise(seed, 320, 240))
    photos = list(Detection.objects.order_by("pk"))
    melon = (Marked(MELON, ROLLS[0].box),)
    for photo in photos[:3]:
        review(detection=photo, by=by, decision=Decision(uuid.uuid4(), 0, melon))
    project = Project.objects.get()
    earlier = TrainingSet.objects.create(
        project=project, number=1, digest="0", version_name="v", state="DONE",
        state_since=world.at, submitted_at=world.at, ended_at=world.at,
    )  # fmt: skip
    line = manifest.line(Labelled("s3://b/k.jpg", 320, 240, melon), at=world.at)
    earlier.entries.create(split="TRAIN", source="s3://b/k.jpg", line=line)
    review(detection=photos[3], by=by, decision=Decision(uuid.uuid4(), 0, (Marked(ANPAN, ROLLS[1].box),)))
    queue = hq.get(f"/training/{project.pk}/search/?label={ANPAN}").context["queue"]
    assert [each.photo.pk for each in queue.photos] == [photos[1].pk, photos[0].pk, photos[2].pk]
    assert [each.score for each in queue.photos] == [44.0, 12.0, None]


def test_picture_from_elsewhere_leaves_the_queue_when_somebody_says_so(hq: Client, breads: Project) -> None:
    old = some(breads, 2)
    earlier = submit_done(breads)
    BroughtPicture.objects.update(created_at=tokyo(1, 9))
    curry = [Labelled("s3://bread/train/new.jpg", 64, 64, (Marked("カレーパン", ROLLS[1].box),))]
    bring(project=breads, pictures=curry, split="TRAIN")  # type: ignore[arg-type]
    assert earlier.number == 1
    address = f"/training/{breads.pk}/search/"
    queue = hq.get(f"{address}?label=カレーパン").context["queue"]
    assert {tile.row.pk for tile in queue.brought} == {row.pk for row in old}
    hq.post(f"{address}done/", {"label": "カレーパン", "photo": [old[0].pk]})
    queue = hq.get(f"{address}?label=カレーパン").context["queue"]
    assert [tile.row.pk for tile in queue.brought] == [old[1].pk]


def submit_done(project: Project) -> TrainingSet:
    """Submit what is there, and let it be done."""
    BroughtPicture.objects.filter(pk=BroughtPicture.objects.latest("pk").pk).update(split="TEST")
    made = submit(project=project, author=None, at=tokyo(2, 9))
    TrainingSet.objects.filter(pk=made.pk).update(state="DONE")
    return made


def test_first_set_has_no_queue(hq: Client, breads: Project) -> None:
    some(breads, 2)
    assert not draft_of(breads, at=tokyo(2, 9)).unsearched
    page = hq.get(f"/training/{breads.pk}/search/?label={ANPAN}")
    assert "Every picture was looked through" in page.content.decode()
