"""Two versions on the same pictures: where they come from, what they say, and what a page makes of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from detections.domain.places import Box, RawLabel
from detections.domain.ports import NotReady
from detections.domain.reviews import Marked
from detections.domain.training.manifest import line
from detections.domain.training.pictures import Labelled
from detections.gateways.in_memory_eyes import InMemoryEyes
from detections.models import Detection, SecondLook, TrainingEntry, TrainingSet, VersionComparison
from detections.selectors.looks import accepted_in
from detections.selectors.pairs import pairs_of
from detections.selectors.serving import rules_of_rivals
from detections.services.comparing import advance_comparisons, ask_for
from detections.services.detect import Tools
from detections.services.looking import advance_looks
from detections.services.reviews import Decision, review
from detections.wiring import PICTURES
from models_registry.domain.objects import Place
from models_registry.domain.status import VersionStatus
from models_registry.domain.trial import TrialState
from models_registry.models import LabelMetrics, ModelVersion, Promotion, Trial
from models_registry.services.trials import start_trial
from portal.base.models import User
from stores.models import Role
from tests.detections.conftest import ANPAN, ASSUMED, MELON, Register, jpeg, set_status
from tests.models_registry.conftest import ACCOUNT, World, tokyo

LEFT, RIGHT = Box(0.1, 0.1, 0.3, 0.3), Box(0.6, 0.6, 0.3, 0.3)


@pytest.fixture
def live(asakusa: Register) -> ModelVersion:
    return ModelVersion.objects.select_related("project__connection").get(deployment__isnull=False)


@pytest.fixture
def rival(world: World, live: ModelVersion) -> ModelVersion:
    """A second version of the project, with thresholds of its own."""
    arn = f"{ACCOUNT}/asakusa/version/v2/1700000000000"
    world.rekognition.add(arn)
    made = ModelVersion.objects.create(
        project=live.project, arn=arn, name="v2", status=VersionStatus.TRAINING_COMPLETED
    )
    LabelMetrics.objects.bulk_create(
        LabelMetrics(version=made, label=label, assumed_threshold=0.5) for label in ASSUMED
    )
    return made


def snapshot(world: World, version: ModelVersion, pictures: dict[str, list[tuple[str, float, Box]]]) -> None:
    """Leave a version's test set in S3: every picture truly has an anpan on the left."""
    lines = []
    for source, found in pictures.items():
        truth = json.loads(line(Labelled(source, 1000, 1000, (Marked(ANPAN, LEFT),)), at=tokyo(1, 9)))
        boxes = json.loads(
            line(
                Labelled(source, 1000, 1000, tuple(Marked(label, box) for label, _, box in found)),
                at=tokyo(1, 9),
            )
        )
        name = "rekognition-custom-labels-evaluation"
        truth[name] = boxes["bounding-box"]
        truth[f"{name}-metadata"] = boxes["bounding-box-metadata"]
        for object_, (_, score, _) in zip(truth[f"{name}-metadata"]["objects"], found, strict=True):
            object_["confidence"] = score
        lines.append(json.dumps(truth, ensure_ascii=False))
    key = f"{version.name}.json"
    world.buckets.objects[Place("results", key)] = "\n".join(lines).encode()
    version.testing_snapshot_uri = f"s3://results/{key}"
    version.save(update_fields=["testing_snapshot_uri"])


def compared(world: World, old: ModelVersion, new: ModelVersion) -> dict[str, Any]:
    ask_for(old=old, new=new, author=None, at=world.at)
    made = advance_comparisons(
        at=world.at, open_buckets=lambda connection: world.buckets, is_time=lambda: True
    )
    assert made == 1
    return dict(VersionComparison.objects.get().outcome)


def test_pictures_of_both_test_sets_are_paired_by_origin(
    world: World, live: ModelVersion, rival: ModelVersion
) -> None:
    """The newer set's pictures were copied: they are the same pictures all the same."""
    snapshot(world, live, {"s3://old/a.jpg": [(MELON, 0.9, LEFT)], "s3://old/b.jpg": []})
    snapshot(world, rival, {"s3://ours/1.jpg": [(ANPAN, 0.9, LEFT)], "s3://ours/2.jpg": [(ANPAN, 0.4, LEFT)]})
    made = TrainingSet.objects.create(
        project=live.project, number=1, digest="d", version_name="v2", version=rival, state_since=world.at,
        submitted_at=world.at, state="DONE",
    )  # fmt: skip
    for source, origin in (("s3://ours/1.jpg", "s3://old/a.jpg"), ("s3://ours/2.jpg", "s3://old/c.jpg")):
        TrainingEntry.objects.create(
            training_set=made, split="TEST", source=source, copied_from=origin, line=""
        )

    outcome = compared(world, live, rival)

    assert outcome["pictures"] == {"tested": 1, "answered": 0, "looked": 0}
    assert outcome["changes"] == [[None, 0, "FIXED"]]
    anpan = next(each for each in outcome["labels"] if each["label"] == ANPAN)
    assert anpan["recall"][:2] == [0.0, 1.0]
    assert [hurdle for hurdle, _, _ in outcome["failures"]] == ["TOO_FEW_PICTURES"]


def test_test_picture_is_paired_with_what_the_register_was_told(
    world: World, live: ModelVersion, rival: ModelVersion, asakusa: Register, eyes: InMemoryEyes
) -> None:
    asakusa.send(jpeg())
    photo = Detection.objects.get()
    snapshot(world, rival, {"s3://ours/photo.jpg": [(ANPAN, 0.9, LEFT)]})
    made = TrainingSet.objects.create(
        project=live.project, number=1, digest="d", version_name="v2", version=rival, state_since=world.at,
        submitted_at=world.at, state="DONE",
    )  # fmt: skip
    TrainingEntry.objects.create(
        training_set=made, detection=photo, split="TEST", source="s3://ours/photo.jpg", line=""
    )
    found = pairs_of(live, rival, open_objects=lambda: world.buckets)
    assert (found.tested, found.answered, found.problem) == (0, 1, "snapshot_none")
    (pair,) = found.pairs
    assert {each.label for each in pair.old.found} == set(ASSUMED)
    assert [each.label for each in pair.new.found] == [ANPAN]
    backwards = pairs_of(rival, live, open_objects=lambda: world.buckets)
    assert backwards.answered == 1
    assert backwards.pairs[0].new == pair.old


def test_box_at_its_very_threshold_counts(world: World, live: ModelVersion, rival: ModelVersion) -> None:
    score = 0.4499663746974547  # a percentage of four places makes it a hair more
    LabelMetrics.objects.filter(version=rival, label=ANPAN).update(assumed_threshold=score)
    snapshot(world, live, {"s3://old/a.jpg": []})
    snapshot(world, rival, {"s3://old/a.jpg": [(ANPAN, score, LEFT)]})
    assert compared(world, live, rival)["changes"] == [[None, 0, "FIXED"]]


@pytest.fixture
def reviewed(asakusa: Register, eyes: InMemoryEyes, live: ModelVersion) -> list[Detection]:
    """Three reviewed trays with one anpan each, which the live version took for a melon bread."""
    eyes.labels = (RawLabel(MELON, 95, LEFT),)
    aki = User.objects.create_user("aki")
    for shade in range(3):
        asakusa.send(jpeg(colour=(shade, 40, 40)))
    rows = list(Detection.objects.order_by("pk"))
    for row in rows:
        marked = [Marked(ANPAN, LEFT)]
        review(detection=row, by=aki, decision=Decision(uuid.uuid4(), 0, marked))
    return rows


def test_photo_that_a_version_has_learnt_does_not_count(
    world: World, live: ModelVersion, rival: ModelVersion, reviewed: list[Detection]
) -> None:
    for row in reviewed:
        SecondLook.objects.create(detection=row, version=rival, boxes=[[ANPAN, 0.9, 0.1, 0.1, 0.3, 0.3]])
    made = TrainingSet.objects.create(
        project=live.project, number=1, digest="d", version_name="v2", version=rival, state_since=world.at,
        submitted_at=world.at, state="DONE",
    )  # fmt: skip
    TrainingEntry.objects.create(
        training_set=made, detection=reviewed[0], split="TRAIN", source="s3://ours/0.jpg", line=""
    )
    outcome = compared(world, live, rival)
    assert outcome["pictures"]["looked"] == 2
    assert {photo for photo, _, _ in outcome["changes"]} == {row.pk for row in reviewed[1:]}
    assert {change for _, _, change in outcome["changes"]} == {"FIXED"}


def test_trial_looks_at_every_photo_once_then_ends_and_asks_for_the_comparison(
    world: World, live: ModelVersion, rival: ModelVersion, reviewed: list[Detection], asakusa: Register
) -> None:
    asakusa.send(jpeg(colour=(9, 9, 9)))
    deployment = live.deployment
    until = world.at.replace(minute=30)
    trial = start_trial(deployment=deployment, version=rival, author=None, until=until, at=world.at)
    Trial.objects.update(state=TrialState.READY)
    seeing = InMemoryEyes((RawLabel(ANPAN, 90, LEFT),))
    tools = Tools(lambda connection: seeing, PICTURES)
    clock = iter([True, False])

    assert advance_looks(at=world.at, tools=tools, is_time=lambda: next(clock)) == 4
    assert advance_looks(at=world.at, tools=tools, is_time=lambda: True) == 0

    trial.refresh_from_db()
    assert trial.state == TrialState.ENDING
    assert SecondLook.objects.filter(version=rival).count() == 4
    advance_comparisons(at=world.at, open_buckets=lambda connection: world.buckets, is_time=lambda: True)
    outcome = VersionComparison.objects.get().outcome
    assert outcome["pictures"]["looked"] == 3
    assert outcome["unjudged"]["different"][0][1:] == [[MELON], [ANPAN]]


def test_trial_goes_on_with_the_same_photos_where_the_version_is_not_running_yet(
    world: World, live: ModelVersion, rival: ModelVersion, reviewed: list[Detection]
) -> None:
    start_trial(deployment=live.deployment, version=rival, author=None, until=tokyo(2, 10), at=world.at)
    Trial.objects.update(state=TrialState.READY)
    seeing = InMemoryEyes((RawLabel(ANPAN, 90, LEFT),))
    seeing.answers.append(NotReady("not yet"))
    tools = Tools(lambda connection: seeing, PICTURES)
    assert advance_looks(at=world.at, tools=tools, is_time=lambda: True) == 2
    assert Trial.objects.get().state == TrialState.READY
    assert advance_looks(at=world.at, tools=tools, is_time=lambda: True) == 1
    assert Trial.objects.get().state == TrialState.ENDING


def test_photo_that_can_never_be_shown_counts_for_nobody(
    world: World, live: ModelVersion, rival: ModelVersion, reviewed: list[Detection]
) -> None:
    PICTURES.delete([reviewed[0].picture_key])
    start_trial(deployment=live.deployment, version=rival, author=None, until=tokyo(2, 10), at=world.at)
    Trial.objects.update(state=TrialState.READY)
    tools = Tools(lambda connection: InMemoryEyes((RawLabel(ANPAN, 90, LEFT),)), PICTURES)
    advance_looks(at=world.at, tools=tools, is_time=lambda: True)
    assert Trial.objects.get().state == TrialState.ENDING
    outcome = compared(world, live, rival)
    assert {photo for photo, _, _ in outcome["changes"]} == {row.pk for row in reviewed[1:]}


def test_rules_of_rivals_hold_the_deployments_word_for_both(live: ModelVersion, rival: ModelVersion) -> None:
    before, after = rules_of_rivals(live, rival)
    assert (round(before.threshold(ANPAN), 1), after.threshold(ANPAN)) == (81.7, 50)
    assert accepted_in([[ANPAN, 0.6, 0.1, 0.1, 0.3, 0.3]], after) == [ANPAN]
    assert accepted_in([[ANPAN, 0.6, 0.1, 0.1, 0.3, 0.3]], before) == []


@pytest.fixture
def told(
    world: World, live: ModelVersion, rival: ModelVersion, reviewed: list[Detection]
) -> VersionComparison:
    """Compared: two trays fixed, one broken."""
    for row, label in zip(reviewed, (ANPAN, ANPAN, MELON), strict=True):
        SecondLook.objects.create(detection=row, version=rival, boxes=[[label, 0.9, 0.1, 0.1, 0.3, 0.3]])
    world.at = tokyo(2, 9)
    compared(world, live, rival)
    return VersionComparison.objects.get()


def test_page_shows_what_was_fixed_and_why_the_gate_fails(
    told: VersionComparison, rival: ModelVersion, hq: Client
) -> None:
    page = hq.get(f"/versions/{rival.pk}/compare/")
    assert [section["name"] for section in page.context["sections"]] == ["fixed", "still"]
    assert "Only 3 pictures were seen by both" in page.content.decode()
    place = page.context["sections"][0]["tiles"][0]["place"]
    picture = hq.get(f"/versions/{rival.pk}/compare/pictures/{place}/")
    kinds = [[box["kind"] for box in panel["boxes"]] for panel in picture.context["panels"]]
    assert kinds == [["right"], ["wrong"], ["right"]]


def test_failed_gate_asks_for_a_second_person(
    told: VersionComparison, live: ModelVersion, rival: ModelVersion, hq: Client,
    sign_in: Callable[..., Client],
) -> None:  # fmt: skip
    deployment = live.deployment
    answer = hq.post(f"/versions/{rival.pk}/promote/{deployment.pk}/", {"reason": "anpan at last"})
    assert answer.url == f"/deployments/{deployment.pk}/changes/"
    promotion = Promotion.objects.get()
    assert (promotion.state, promotion.failures[0][0]) == ("ASKED", "TOO_FEW_PICTURES")
    page = hq.get(answer.url).content.decode()
    assert "Somebody else of headquarters must agree." in page
    hq.post(f"/promotions/{promotion.pk}/approve/")
    promotion.refresh_from_db()
    assert promotion.state == "ASKED"
    sign_in("jiro", Role.HQ).post(f"/promotions/{promotion.pk}/approve/")
    promotion.refresh_from_db()
    assert (promotion.state, str(promotion.approver)) == ("STARTING", "jiro")


def test_promotion_without_a_comparison_or_a_reason_is_refused(
    live: ModelVersion, rival: ModelVersion, hq: Client
) -> None:
    address = f"/versions/{rival.pk}/promote/{live.deployment.pk}/"
    page = hq.post(address, {"reason": "because"}, follow=True).content.decode()
    assert "Compare the two first" in page
    assert not Promotion.objects.exists()


def test_promotion_with_broken_pictures_wants_them_looked_at(
    world: World, told: VersionComparison, live: ModelVersion, rival: ModelVersion, hq: Client
) -> None:
    outcome = {**told.outcome, "changes": [[told.outcome["changes"][0][0], None, "BROKEN"]], "failures": []}
    VersionComparison.objects.update(outcome=outcome)
    address = f"/versions/{rival.pk}/promote/{live.deployment.pk}/"
    page = hq.post(address, {"reason": "because"}, follow=True).content.decode()
    assert "Look at the pictures that got worse first" in page
    hq.post(address, {"reason": "because", "seen": "on"})
    assert Promotion.objects.get().state == "STARTING"


def test_trial_is_started_with_its_cost_shown_and_cancelled(
    world: World, live: ModelVersion, rival: ModelVersion, reviewed: list[Detection], hq: Client
) -> None:
    page = hq.get(f"/versions/{rival.pk}/compare/").content.decode()
    assert "3 photos, about" in page
    hq.post(f"/versions/{rival.pk}/trials/{live.deployment.pk}/")
    trial = Trial.objects.get()
    assert trial.until > world.at
    hq.post(f"/trials/{trial.pk}/cancel/")
    trial.refresh_from_db()
    assert trial.state == TrialState.ENDING


def test_analyst_of_the_franchise_may_compare_but_not_promote(
    told: VersionComparison, live: ModelVersion, rival: ModelVersion, sign_in: Callable[..., Client]
) -> None:
    analyst = sign_in("aiko", Role.ANALYST)
    page = analyst.get(f"/versions/{rival.pk}/compare/")
    assert page.status_code == 200
    assert 'id="promote"' not in page.content.decode()
    assert analyst.post(f"/versions/{rival.pk}/promote/{live.deployment.pk}/").status_code == 403
    assert analyst.post(f"/versions/{rival.pk}/trials/{live.deployment.pk}/").status_code == 403


def test_page_without_another_version_says_so(live: ModelVersion, hq: Client) -> None:
    page = hq.get(f"/versions/{live.pk}/compare/").content.decode()
    assert "There is no other version of this project" in page


def test_pages_have_a_query_ceiling(
    told: VersionComparison, rival: ModelVersion, hq: Client,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:  # fmt: skip
    with django_assert_max_num_queries(20):
        hq.get(f"/versions/{rival.pk}/compare/")
    with django_assert_max_num_queries(25):
        hq.get(f"/versions/{rival.pk}/compare/pictures/0/")


def test_changes_page_tells_who_was_served_by_what(
    world: World, live: ModelVersion, rival: ModelVersion, hq: Client
) -> None:
    set_status(live, VersionStatus.RUNNING, world)
    world.sweep()
    page = hq.get(f"/deployments/{live.deployment.pk}/changes/").content.decode()
    assert "Which version served whom" in page
    assert "Asakusa" in page
