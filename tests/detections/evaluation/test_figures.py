"""Traps, thresholds, causes and comparisons, on sets small enough to count by hand."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from detections.domain.evaluation.comparison import Change, Gate, Hurdle, check_gate, compare
from detections.domain.evaluation.confusion import BACKGROUND, Cause, cases, matrix
from detections.domain.evaluation.figures import (
    Counts,
    Curve,
    average_precision,
    best_threshold,
    curves,
    macro,
    micro,
    wilson,
)
from detections.domain.evaluation.matching import Found, Picture, Truth, match
from detections.domain.places import Box
from tests.detections.evaluation.sets import random_set

HERE, THERE = Box(0.1, 0.1, 0.2, 0.2), Box(0.6, 0.6, 0.2, 0.2)
BESIDE = Box(0.2, 0.1, 0.2, 0.2)  # IoU 1/3 with HERE


def test_exactly_half_is_a_hit() -> None:
    whole, half = Box(0, 0, 0.5, 0.5), Box(0, 0, 0.5, 0.25)
    assert match([Truth("a", whole)], [Found("a", 0.5, half)]).taken == (0,)


def test_later_of_two_equal_truths_is_taken() -> None:
    assert match([Truth("a", HERE), Truth("a", HERE)], [Found("a", 0.5, HERE)]).taken == (1,)


def test_tighter_box_of_a_wrong_label_steals_nothing() -> None:
    loose = Box(0.1, 0.1, 0.2, 0.14)
    assert match([Truth("a", HERE)], [Found("b", 0.9, HERE), Found("a", 0.5, loose)]).taken == (None, 0)


def test_finding_after_the_hundredth_counts_as_nothing() -> None:
    found = [Found("a", 0.5, THERE)] * 101
    assert sum(match([], found).counts) == 100


def test_order_of_pictures_changes_nothing() -> None:
    pictures = random_set(3)
    shuffled = pictures[:]
    Random(1).shuffle(shuffled)
    assert {k: (c.at(0.4), c.truths) for k, c in curves(pictures).items()} == {
        k: (c.at(0.4), c.truths) for k, c in curves(shuffled).items()
    }


@pytest.mark.parametrize("seed", range(20))
def test_lower_threshold_never_loses_a_hit(seed: int) -> None:
    for curve in curves(random_set(seed)).values():
        hits = [curve.at(step / 20).tp for step in range(21)]
        assert hits == sorted(hits, reverse=True)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.75])
def test_matrix_adds_up_to_the_tables(seed: int, threshold: float) -> None:
    pictures = random_set(seed)
    cells = matrix(pictures, lambda label: threshold)
    counts = {label: curve.at(threshold) for label, curve in curves(pictures).items()}
    for label, each in counts.items():
        assert cells[label, label] == each.tp
        assert sum(n for (true, _), n in cells.items() if true == label) == each.tp + each.fn
        assert sum(n for (_, named), n in cells.items() if named == label) == each.tp + each.fp


def test_every_cause_has_its_name() -> None:
    truths = (Truth("a", HERE), Truth("b", THERE), Truth("c", Box(0.1, 0.6, 0.2, 0.2)))
    truths += (Truth("a", Box(0.4, 0.1, 0.1, 0.1)), Truth("d", Box(0.6, 0.1, 0.2, 0.2)))
    found = (
        Found("a", 0.9, HERE), Found("a", 0.8, HERE), Found("c", 0.9, THERE), Found("c", 0.2, truths[2].box),
        Found("a", 0.7, Box(0.4, 0.1, 0.1, 0.04)), Found("e", 0.9, Box(0.9, 0.9, 0.05, 0.05)),
    )  # fmt: skip
    seen = cases(Picture(truths, found), lambda label: 0.5)
    assert Counter(case.cause for case in seen) == {
        Cause.HIT: 1, Cause.DUPLICATE: 1, Cause.WRONG_LABEL: 1, Cause.BAD_BOX: 1, Cause.SPURIOUS: 1,
        Cause.NEAR_MISS: 1, Cause.MISSED: 2,
    }  # fmt: skip
    cells = matrix([Picture(truths, found)], lambda label: 0.5)
    assert cells["b", "c"] == 1
    assert cells[BACKGROUND, "e"] == 1
    assert cells["d", BACKGROUND] == 1


def test_undefined_is_none() -> None:
    assert (Counts().precision, Counts().recall, Counts().f1, wilson(0, 0)) == (None, None, None, None)
    assert average_precision(Curve("a", ((0.9, False),), 0)) is None
    assert best_threshold(Curve("a", ((0.9, False),), 3)) is None


def test_macro_f1_is_the_mean_of_f1s() -> None:
    counts = {"a": Counts(8, 2, 0), "b": Counts(1, 0, 3), "not true": Counts(0, 5, 0)}
    f1s = [16 / 18, 2 / 5]
    assert macro(counts).f1 == pytest.approx(sum(f1s) / 2)
    assert micro(counts.values()).precision == pytest.approx(9 / 16)


def test_best_threshold_is_the_highest_of_equals_with_its_plateau() -> None:
    curve = Curve("a", ((0.9, True), (0.7, True), (0.4, False)), 2)
    best = best_threshold(curve)
    assert best is not None
    assert (best.threshold, best.lower, best.f1) == (0.7, 0.4, 1.0)


def test_wilson_is_published() -> None:
    """Newcombe 1998, table I: 81 of 263 and 15 of 148."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)


def right(label: str = "a", group: object = None) -> Picture:
    return Picture((Truth(label, HERE),), (Found(label, 0.9, HERE),), group)


def wrong(label: str = "a", group: object = None) -> Picture:
    return Picture((Truth(label, HERE),), (), group)


def test_pictures_are_fixed_broken_and_still_wrong() -> None:
    compared = compare(
        [right(), wrong(), wrong(), right()], [right(), right(), wrong(), wrong()],
        old_threshold=lambda label: 0.5, new_threshold=lambda label: 0.5, seed=1, resamples=50,
    )  # fmt: skip
    assert compared.changes == (Change.STILL_RIGHT, Change.FIXED, Change.STILL_WRONG, Change.BROKEN)
    assert compared.total.recall.value == 0


def test_intervals_are_those_of_the_seed_and_hold_the_difference() -> None:
    old = [right(group=n // 2) if n % 3 else wrong(group=n // 2) for n in range(120)]
    new = [right(group=n // 2) for n in range(120)]
    again = [
        compare(old, new, old_threshold=lambda _: 0.5, new_threshold=lambda _: 0.5, seed=5, resamples=400)
        for _ in range(2)
    ]
    assert again[0] == again[1]
    recall = again[0].total.recall
    assert recall.interval is not None
    assert recall.value == pytest.approx(1 / 3)
    assert recall.interval[0] < 1 / 3 < recall.interval[1]
    assert recall.interval[1] - recall.interval[0] < 0.25


def test_gate_names_the_label_that_fell() -> None:
    old, new = [right("b") for _ in range(80)], [right("b") if n % 4 else wrong("b") for n in range(80)]
    compared = compare(old, new, old_threshold=lambda _: 0.5, new_threshold=lambda _: 0.5, seed=5)
    known = frozenset({"b"})
    failed = check_gate(compared, bestsellers=frozenset(), known=known, gate=Gate())
    assert {(each.hurdle, each.label) for each in failed} == {
        (Hurdle.WORSE_OVERALL, ""), (Hurdle.RECALL_FELL, "b"),
    }  # fmt: skip
    same = compare(old, old, old_threshold=lambda _: 0.5, new_threshold=lambda _: 0.5, seed=5)
    assert check_gate(same, bestsellers=frozenset({"b"}), known=known) == ()
    gone = check_gate(same, bestsellers=frozenset(), known=frozenset({"a"}))
    assert [each.hurdle for each in gone] == [Hurdle.LABEL_GONE]


def test_bestseller_may_not_fall_even_with_few_boxes() -> None:
    old, new = [right() for _ in range(20)], [wrong(), *[right() for _ in range(19)]]
    compared = compare(old, new, old_threshold=lambda _: 0.5, new_threshold=lambda _: 0.5, seed=5)
    failed = check_gate(compared, bestsellers=frozenset({"a"}), known=frozenset({"a"}))
    assert Hurdle.BESTSELLER_FELL in {each.hurdle for each in failed}
