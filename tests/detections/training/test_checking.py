"""What keeps a set from being trained, what is only said; and scenes that are never torn apart."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from detections.domain.hashing import signed
from detections.domain.places import Box
from detections.domain.reviews import Marked
from detections.domain.training.checking import Check, check_set
from detections.domain.training.pictures import Labelled, Scene, Split, sides_of

HERE = Box(0.1, 0.1, 0.3, 0.3)


def tray(*labels: str, box: Box = HERE, width: int = 640, height: int = 480) -> Labelled:
    return Labelled("s3://b/k", width, height, tuple(Marked(label, box) for label in labels))


def found(train: list[Labelled], test: list[Labelled]) -> set[tuple[Check, str]]:
    return {(each.check, each.label) for each in check_set({Split.TRAIN: train, Split.TEST: test})}


def test_good_set_has_no_finding() -> None:
    assert found([tray("a", "b")] * 60, [tray("a", "b")] * 50) == set()


def test_limits_of_aws_block() -> None:
    good = [tray("a")] * 50
    assert (Check.TOO_MANY_BOXES, "") in found([tray(*["a"] * 51)], good)
    assert (Check.BAD_SIZE, "") in found([tray("a", width=63)], good)
    assert (Check.BAD_SIZE, "") in found([tray("a", width=4097)], good)
    assert (Check.TINY_BOX, "a") in found([tray("a", box=Box(0, 0, 0.0007, 0.5), width=1280)], good)
    assert (Check.BAD_LABEL, "a\tb") in found([tray("a\tb")], good)
    assert (Check.TOO_MANY_LABELS, "") in found([tray(str(n)) for n in range(251)], [tray("1")] * 50)
    assert (Check.TOO_LITTLE_OVERLAP, "") in found([tray("a")], [tray("a", "b", "c")])
    assert {(Check.NOTHING_TO_TRAIN, ""), (Check.NOTHING_TO_TEST, "")} == found([], [])


def test_what_is_only_said_does_not_block() -> None:
    said = check_set({Split.TRAIN: [tray("a")] * 30 + [tray("rare")], Split.TEST: [tray("a")] * 20})
    assert {each.check for each in said} == {Check.NOT_IN_TEST, Check.FEW_TEST_BOXES, Check.UNBALANCED}
    assert not any(each.blocks for each in said)


def test_what_blocks_is_told_first() -> None:
    said = check_set({Split.TRAIN: [tray("a")], Split.TEST: []})
    assert [each.blocks for each in said] == sorted((each.blocks for each in said), reverse=True)


def test_near_identical_pictures_are_never_torn_apart() -> None:
    random = Random(2)
    scenes = []
    for group in range(200):
        base = random.getrandbits(63)
        scenes += [Scene(10 * group + n, base ^ (1 << random.randrange(60)), "a") for n in range(4)]
    random.shuffle(scenes)
    sides = sides_of(scenes).of
    for group in range(200):
        assert len({sides[10 * group + n] for n in range(4)}) == 1
    share = sum(side is Split.TEST for side in sides.values()) / len(sides)
    assert 0.1 < share < 0.3


def test_audited_picture_never_teaches_and_its_twins_neither() -> None:
    scenes = [Scene(1, 0, "a"), Scene(2, 1, "a", is_audit=True), Scene(3, 1, "b"), Scene(4, None, "a")]
    sides = sides_of(scenes).of
    assert sides[1] == sides[2] == Split.TEST


def test_decided_side_decides_for_its_scene() -> None:
    decided = Scene(9, 1, "a", side=Split.TEST)
    assert sides_of([Scene(1, 0, "a", store=1), Scene(2, 0, "a", store=2), decided]).of == {
        1: Split.TEST, 2: sides_of([Scene(2, 0, "a", store=2)]).of[2], 9: Split.TEST,
    }  # fmt: skip
    both = [Scene(1, 0, "a"), Scene(8, 1, "a", side=Split.TRAIN), Scene(9, 1, "b", side=Split.TEST)]
    assert sides_of(both).of == {1: Split.TRAIN, 8: Split.TRAIN, 9: Split.TEST}


def test_scene_that_is_decided_on_both_sides_is_torn() -> None:
    train, test = Scene(8, 0, "a", side=Split.TRAIN), Scene(9, 1, "a", side=Split.TEST)
    assert sides_of([Scene(1, 2, "a"), train, test]).torn == ((1, 8, 9),)
    assert sides_of([Scene(1, 2, "a", is_audit=True), train]).torn == ((1, 8),)
    assert sides_of([Scene(1, 2, "a"), train]).torn == ()


@given(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=12))
def test_scene_is_the_same_up_to_eight_bits_wherever_they_are(value: int, flipped: set[int]) -> None:
    other = value
    for bit in flipped:
        other ^= 1 << bit
    scenes = [Scene(1, signed(value), "a", side=Split.TEST), Scene(2, signed(other), "a", side=Split.TRAIN)]
    assert bool(sides_of(scenes).torn) == (len(flipped) <= 8)


def test_newcomers_change_no_side() -> None:
    random = Random(9)
    old = [Scene(n, random.getrandbits(63), "a") for n in range(100)]
    before = sides_of(old).of
    after = sides_of([*old, *(Scene(n, random.getrandbits(63), "a") for n in range(100, 200))]).of
    assert {key: after[key] for key in before} == before
