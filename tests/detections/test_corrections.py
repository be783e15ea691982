"""What a person's corrections changed: counted, traced into training sets, compared version by version."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from detections.domain.corrections import Mistakes, changes, corrected
from detections.domain.evaluation.matching import Found, Picture, Truth
from detections.domain.places import Box
from detections.domain.reviews import Conclusion, Marked
from detections.models import DetectedLabel, Detection, Label, TrainingEntry, TrainingSet
from detections.services.reviews import Decision, review
from models_registry.models import ModelVersion
from portal.base.models import User
from stores.models import Membership, Role
from tests.detections.conftest import ANPAN, MELON, Register
from tests.models_registry.conftest import World

HERE = Box(0.1, 0.1, 0.3, 0.3)
MIXED_UP = Picture((Truth(ANPAN, HERE),), (Found(MELON, 1.0, HERE),))
RIGHT = Picture((Truth(ANPAN, HERE),), (Found(ANPAN, 1.0, HERE),))


def test_bread_taken_for_another_is_a_mistake_with_both() -> None:
    assert corrected([MIXED_UP, MIXED_UP, RIGHT]) == {ANPAN: 2, MELON: 2}


def test_share_is_of_boxes_that_were_or_were_named_so() -> None:
    (anpan, melon) = changes([(ANPAN, 3), (MELON, 1)], [([], [MIXED_UP] * 3 + [RIGHT] * 7), ([], [RIGHT])])
    assert anpan.mistakes == (Mistakes(3, 10), Mistakes(0, 1))
    assert melon.mistakes == (Mistakes(3, 3), Mistakes())
    assert melon.mistakes[1].percent is None
    assert anpan.ends is None


def test_random_sample_counts_where_it_has_boxes_enough() -> None:
    few, enough = [RIGHT] * 49, [RIGHT] * 50
    ((_, thin), (_, thick)) = [
        (change, change.mistakes[0])
        for change in (changes([(ANPAN, 1)], [(sample, [MIXED_UP] * 60)])[0] for sample in (few, enough))
    ]
    assert thin == Mistakes(60, 60)
    assert thick == Mistakes(0, 50, is_sample=True)


@pytest.fixture
def aki(asakusa: Register, eyes: Any) -> User:
    person = User.objects.create_user("aki")
    Membership.objects.create(user=person, role=Role.ANALYST, store=asakusa.store)
    return person


@pytest.fixture
def page(aki: User) -> Callable[..., Any]:
    def build(query: str = "", user: User = aki, language: str = "en") -> Any:
        client = Client(headers={"accept-language": language})
        client.force_login(user)
        return client.get(f"/review/mine/{query}")

    return build


def reviewed(like: Detection, version: ModelVersion, by: User, right: int, wrong: int) -> list[Detection]:
    """Photos of one あんぱん: some named right, the others メロンパン, all put right by a person."""
    labels = {name: Label.objects.get_or_create(name=name)[0] for name in (ANPAN, MELON)}
    made = []
    for number in range(right + wrong):
        photo = Detection.objects.create(
            store=like.store, deployment=like.deployment, version=version, at=like.at, taken_at=like.at,
            source="REGISTER", outcome="ANSWERED", picture_key=f"{version.pk}-{number}.jpg",
            picture_sha256="0" * 64, width=320, height=240,
        )  # fmt: skip
        DetectedLabel.objects.create(
            detection=photo, label=labels[ANPAN if number < right else MELON], store=like.store,
            taken_at=like.at, confidence=90, threshold=80, fate="A", left=0.1, top=0.1, width=0.3, height=0.3,
        )  # fmt: skip
        review(detection=photo, by=by, decision=Decision(uuid.uuid4(), 0, [Marked(ANPAN, HERE)]))
        made.append(photo)
    return made


@pytest.fixture
def taught(asakusa: Register, aki: User, world: World) -> TrainingSet:
    """Six of sixty あんぱん were メロンパン to v1; Aki put them right, v2 learnt that and errs once."""
    like = Detection.objects.get(pk=asakusa.send().json()["id"])
    before = like.version
    assert before is not None
    photos = reviewed(like, before, aki, right=54, wrong=6)
    after = ModelVersion.objects.create(
        project=before.project, arn=f"{before.arn}-2", name="v2", status="TRAINING_COMPLETED"
    )
    made = TrainingSet.objects.create(
        project=before.project, number=1, digest="d", version_name="v2", version=after, state="DONE",
        state_since=world.at, submitted_at="2099-01-01T00:00:00Z",
    )  # fmt: skip
    TrainingEntry.objects.bulk_create(
        TrainingEntry(training_set=made, detection=each, split="TRAIN", source=f"s3://b/{each.pk}.jpg")
        for each in photos[50:]
    )
    reviewed(like, after, User.objects.create_user("ben"), right=59, wrong=1)
    return made


def test_person_reads_what_became_of_their_corrections(taught: TrainingSet, page: Any) -> None:
    said = page()
    text = " ".join(said.content.decode().split())
    assert f"6 corrections: {ANPAN} mistakes 10.0 % → 1.7 %" in text
    assert said.context["conclusions"] == [("the model is right", 54), ("both are wrong", 6)]
    assert said.context["reasons"] == [("wrong label", 6)]
    assert [(each.number, each.version, each.count) for each in said.context["taught"]] == [(1, "v2", 10)]
    (project,) = said.context["projects"]
    assert [each.name for each in project.versions] == ["v1", "v2"]
    assert [(row.label, row.corrections) for row in project.rows] == [(ANPAN, 6), (MELON, 6)]
    assert "too few to trust" in text


def test_japanese_reader_reads_it_in_japanese(taught: TrainingSet, page: Any) -> None:
    text = " ".join(page(language="ja").content.decode().split())
    assert f"訂正6件：{ANPAN}の間違い 10.0 % → 1.7 %" in text


def test_review_taken_back_counts_no_more(taught: TrainingSet, page: Any, aki: User) -> None:
    photo = Detection.objects.filter(reviews__reviewer=aki, verdict="BOTH_WRONG").first()
    assert photo is not None
    withdrawn = Decision(uuid.uuid4(), 1, None, said=Conclusion.WITHDRAWN)
    review(detection=photo, by=aki, decision=withdrawn)
    assert page().context["conclusions"] == [("the model is right", 54), ("both are wrong", 5)]


def test_set_that_failed_taught_nothing(taught: TrainingSet, page: Any) -> None:
    TrainingSet.objects.update(state="FAILED", version=None)
    said = page()
    assert said.context["taught"] == []
    assert "No version that has learnt from these corrections is there yet." in said.content.decode()


def test_review_written_after_the_set_was_submitted_is_not_in_it(taught: TrainingSet, page: Any) -> None:
    TrainingSet.objects.update(submitted_at="2020-01-01T00:00:00Z")
    assert page().context["taught"] == []


def test_who_has_reviewed_nothing_is_told_what_will_be_here(aki: User, page: Any) -> None:
    assert "aki has reviewed nothing yet." in page().content.decode()


def test_headquarters_chooses_whose_and_nobody_else_does(taught: TrainingSet, page: Any, aki: User) -> None:
    hanako = User.objects.create_user("hanako")
    Membership.objects.create(user=hanako, role=Role.HQ)
    assert page(f"?reviewer={aki.pk}", hanako).context["count"] == 60
    assert page("?reviewer=99999", hanako).status_code == 404
    assert page(f"?reviewer={hanako.pk}").status_code == 403


def test_page_asks_a_bounded_number_of_questions(
    taught: TrainingSet, aki: User, django_assert_max_num_queries: Any
) -> None:
    client = Client()
    client.force_login(aki)
    with django_assert_max_num_queries(20):
        client.get("/review/mine/")
