"""Three opinions side by side: what boxes conclude; no decision is lost or written over."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from detections.domain.places import Box
from detections.domain.reviews import Conclusion, InvalidReview, Marked, Reason, checked, conclude
from detections.models import Annotation, BulkAct, Detection, Review
from detections.services.bulk import act_on_many, undo
from detections.services.correct import Sold, correct
from detections.services.reviews import Decision, NothingToReview, ReviewedMeanwhile, accepted_on, review
from portal.base.models import User
from tests.detections.conftest import ANPAN, MELON, YAKISOBA, Register, jpeg
from tests.models_registry.conftest import tokyo

HERE, THERE = Box(0.1, 0.1, 0.3, 0.3), Box(0.6, 0.6, 0.3, 0.3)
LOOSE = Box(0.1, 0.1, 0.3, 0.1)


@pytest.fixture
def analyst() -> User:
    return User.objects.create_user("aki")


@pytest.fixture
def photo(asakusa: Register, eyes: Any) -> Detection:
    assert asakusa.send().status_code == 200
    return Detection.objects.get()


def decided(marked: Any, seen: int = 0, **more: Any) -> Decision:
    return Decision(uuid.uuid4(), seen, marked, **more)


@pytest.mark.parametrize(
    ("marked", "accepted", "sold", "expected"),
    [
        ([Marked("a", HERE)], [Marked("a", HERE)], None, (Conclusion.AI_RIGHT, ())),
        ([], [], None, (Conclusion.AI_RIGHT, ())),
        ([Marked("b", HERE)], [Marked("a", HERE)], ["b"], (Conclusion.REGISTER_RIGHT, (Reason.WRONG_LABEL,))),
        ([Marked("b", HERE)], [Marked("a", HERE)], ["c"], (Conclusion.BOTH_WRONG, (Reason.WRONG_LABEL,))),
        ([Marked("b", HERE)], [Marked("a", HERE)], None, (Conclusion.BOTH_WRONG, (Reason.WRONG_LABEL,))),
        ([], [Marked("a", HERE)], [], (Conclusion.REGISTER_RIGHT, (Reason.SPURIOUS,))),
        ([Marked("a", HERE)], [], ["a"], (Conclusion.REGISTER_RIGHT, (Reason.MISSED,))),
        ([Marked("a", HERE)], [Marked("a", LOOSE)], ["a"], (Conclusion.AI_RIGHT, (Reason.BAD_BOX,))),
        (
            [Marked("a", HERE), Marked("b", THERE)], [Marked("a", HERE), Marked("a", HERE)], ["a", "a"],
            (Conclusion.BOTH_WRONG, (Reason.MISSED, Reason.SPURIOUS)),
        ),
    ],
)  # fmt: skip
def test_conclusion_follows_from_the_boxes(marked: Any, accepted: Any, sold: Any, expected: Any) -> None:
    assert conclude(marked, accepted, sold) == expected


def test_boxes_are_clipped_to_the_picture() -> None:
    (kept,) = checked([Marked(" a ", Box(-0.1, 0.9, 0.3, 0.3))])
    assert kept.label == "a"
    assert (kept.box.left, kept.box.width) == (0, pytest.approx(0.2))
    assert kept.box.top + kept.box.height == pytest.approx(1)


@pytest.mark.parametrize(
    "marked", [[Marked("a", HERE)] * 51, [Marked("", HERE)], [Marked("a\n", Box(2, 2, 1, 1))]]
)
def test_unusable_boxes_are_refused(marked: Any) -> None:
    with pytest.raises(InvalidReview):
        checked(marked)


def test_review_keeps_boxes_verdict_and_number(photo: Detection, analyst: User) -> None:
    made = review(detection=photo, by=analyst, decision=decided([Marked(MELON, HERE), Marked(ANPAN, THERE)]))
    photo.refresh_from_db()
    assert (photo.verdict, photo.review_number, made.number) == (made.conclusion, 1, 1)
    assert made.conclusion == "BOTH_WRONG"
    assert [each.label.name for each in Annotation.objects.order_by("id")] == [MELON, ANPAN]


def test_confirming_what_was_shown_says_the_model_is_right(photo: Detection, analyst: User) -> None:
    made = review(detection=photo, by=analyst, decision=decided(accepted_on(photo)))
    assert (made.conclusion, made.reasons) == ("AI_RIGHT", [])


def test_register_is_right_where_it_sold_what_is_there(photo: Detection, analyst: User) -> None:
    correct(detection=photo, items=[Sold(MELON), Sold(ANPAN), Sold(YAKISOBA)], register="", api_key=None)
    truth = [Marked(each, box) for each, box in zip((MELON, ANPAN, YAKISOBA), BOXES, strict=True)]
    made = review(detection=photo, by=analyst, decision=decided(truth))
    assert (made.conclusion, made.reasons) == ("REGISTER_RIGHT", ["MISSED"])
    photo.refresh_from_db()
    assert photo.risk == 0


BOXES = (Box(0.1, 0.1, 0.3, 0.3), Box(0.3, 0.6, 0.3, 0.3), Box(0.55, 0.1, 0.3, 0.3))


def test_same_decision_twice_is_written_once(photo: Detection, analyst: User) -> None:
    decision = decided([Marked(MELON, HERE)])
    assert review(detection=photo, by=analyst, decision=decision) == review(
        detection=photo, by=analyst, decision=decision
    )
    assert Review.objects.count() == 1


def test_nobody_writes_over_what_they_have_not_seen(photo: Detection, analyst: User) -> None:
    review(detection=photo, by=analyst, decision=decided([]))
    with pytest.raises(ReviewedMeanwhile):
        review(detection=photo, by=analyst, decision=decided([Marked(MELON, HERE)]))
    assert Review.objects.get().number == 1
    second = review(detection=photo, by=analyst, decision=decided([Marked(MELON, HERE)], seen=1))
    assert second.number == 2


def test_review_taken_back_leaves_the_photo_unreviewed(photo: Detection, analyst: User) -> None:
    review(detection=photo, by=analyst, decision=decided([]))
    review(detection=photo, by=analyst, decision=decided(None, seen=1, said=Conclusion.WITHDRAWN))
    photo.refresh_from_db()
    assert (photo.verdict, photo.review_number, Review.objects.count()) == ("", 2, 2)


def test_photo_without_an_answer_is_not_reviewed(photo: Detection, analyst: User) -> None:
    Detection.objects.update(outcome="WAITING")
    with pytest.raises(NothingToReview):
        review(detection=photo, by=analyst, decision=decided([]))


def test_many_are_flagged_and_unflagged_again(asakusa: Register, eyes: Any, analyst: User) -> None:
    for shade in range(3):
        asakusa.send(jpeg(colour=(shade, 0, 0)))
    first, *others = Detection.objects.order_by("pk")
    Detection.objects.filter(pk=first.pk).update(is_flagged=True)
    keys = [first.pk, *(each.pk for each in others)]
    act = act_on_many(photos=keys, kind=BulkAct.Kind.FLAG, by=analyst)
    assert len(act.before) == 2
    assert Detection.objects.filter(is_flagged=True).count() == 3
    assert undo(act=act, by=analyst, at=tokyo(2, 10)) == 2
    assert list(Detection.objects.filter(is_flagged=True)) == [first]


def test_bulk_over_500_is_undone_but_what_changed_since(
    asakusa: Register, eyes: Any, analyst: User, django_assert_max_num_queries: Any
) -> None:
    asakusa.send()
    one = Detection.objects.get()
    copies = [one]
    for number in range(519):
        copy = Detection.objects.get(pk=one.pk)
        copy.pk, copy.idempotency_key, copy.picture_key = None, f"k{number}", f"{number}.jpg"
        copies.append(copy)
    Detection.objects.bulk_create(copies[1:])
    keys = list(Detection.objects.values_list("pk", flat=True))
    with django_assert_max_num_queries(20):
        act = act_on_many(photos=keys, kind=BulkAct.Kind.CANNOT_TELL, by=analyst)
    assert Detection.objects.filter(verdict="CANNOT_TELL").count() == 520
    other = decided([], seen=1)
    review(detection=one, by=analyst, decision=other)
    assert undo(act=act, by=analyst, at=tokyo(2, 10)) == 519
    assert Detection.objects.filter(verdict="").count() == 519


def test_audit_sample_is_every_fiftieth(photo: Detection) -> None:
    photo.refresh_from_db()
    assert photo.audit_turn == photo.pk % 50
