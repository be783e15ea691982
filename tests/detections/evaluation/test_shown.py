"""What a page makes of judged pictures: the square matrix, money, lines and cut-outs."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from detections.domain.evaluation.confusion import BACKGROUND, matrix
from detections.domain.evaluation.drawing import line_of, pooled
from detections.domain.evaluation.figures import Counts, Curve, curves
from detections.domain.evaluation.framing import window, within
from detections.domain.evaluation.judging import Outcome, Wanted, chosen, judge
from detections.domain.evaluation.money import mischarges
from detections.domain.evaluation.table import OTHERS, table
from detections.domain.places import Box
from tests.detections.evaluation.sets import random_set

PRICES = {"melon": Decimal(240), "anpan": Decimal(180), "curry": Decimal(240)}


def cells(**counts: int) -> Counter[tuple[str, str]]:
    """Cells by "true__named"; an empty side is the background."""
    return Counter({tuple(name.split("__")): count for name, count in counts.items()})  # type: ignore[misc]


@pytest.mark.parametrize("most", [2, 4, 12])
def test_sums_of_the_matrix_are_true_boxes_and_findings(most: int) -> None:
    pictures = random_set(5)
    found = table(matrix(pictures, lambda label: 0.3), most=most)
    truths = sum(len(each.truths) for each in pictures)
    kept = judge(pictures, lambda label: 0.3)
    assert sum(row.total for row in found.rows if row.true != BACKGROUND) == truths
    assert sum(found.sums[:-1]) == sum(each.tp + each.fp for each in kept.counts.values())
    assert all(row.total == sum(one.count for one in row.squares) for row in found.rows)
    assert found.is_whole == (most == 12)


def test_large_matrix_shows_the_breads_that_are_confused() -> None:
    found = table(cells(a__a=90, b__b=80, melon__anpan=3, curry__curry=5, curry__=1, anpan__anpan=2), most=2)
    assert found.names == ("anpan", "melon", OTHERS, BACKGROUND)
    others = found.rows[2]
    assert [one.count for one in others.squares] == [0, 0, 175, 1]
    assert not any(one.is_right or one.is_open for one in others.squares)


def test_mistakes_are_dear_by_the_difference_of_prices() -> None:
    found = mischarges(
        cells(anpan__melon=3, melon__anpan=1, melon__=2, __anpan=1, melon__melon=50), PRICES, pictures=7
    )
    assert [(line.true, line.named, line.gap) for line in found.lines] == [
        ("melon", "", -240), ("", "anpan", 180), ("anpan", "melon", 60), ("melon", "anpan", -60),
    ]  # fmt: skip
    assert found.overcharged == 51_429  # (3 × 60 + 180) × 1,000 ÷ 7 = 51,428.57…
    assert found.undercharged == 77_143  # (60 + 2 × 240) × 1,000 ÷ 7 = 77,142.86…


def test_breads_of_one_price_cost_nothing_and_breads_without_price_are_named() -> None:
    found = mischarges(cells(melon__curry=4, salt__melon=2, __salt=1), PRICES, pictures=10)
    assert (found.lines, found.same_price, found.unpriced, found.left_out) == ((), 4, ("salt",), 3)
    assert found.overcharged == found.undercharged == 0


def test_halves_of_a_yen_are_rounded_up_once() -> None:
    found = mischarges(cells(a__b=1), {"a": Decimal("0.5"), "b": Decimal(1)}, pictures=1_000)
    assert found.overcharged == 1


def test_line_is_full_to_the_threshold_and_dashed_below() -> None:
    curve = Curve("melon", ((0.9, True), (0.8, True), (0.7, False), (0.6, True)), 4)
    line = line_of(curve, 0.75)
    assert line.kept == "M0,0L25,0L50,0"
    assert line.dropped == "M50,0L50,33.5L75,25"
    assert line.mark == (50.0, 0.0)
    assert line_of(curve, 0.95).mark is None
    assert line_of(curve, 0.95).dropped == "M0,0L25,0L50,0L50,33.5L75,25"
    assert line_of(Curve("melon", (), 4), 0.5).kept == ""


def test_line_of_many_boxes_stays_short() -> None:
    pairs = tuple((1 - place / 50_000, place % 3 > 0) for place in range(50_000))
    assert len(line_of(Curve("melon", pairs, 40_000), 0.0).kept) < 5_000


def test_points_are_those_of_precision_and_recall() -> None:
    for curve in curves(random_set(3)).values():
        last = line_of(curve, 0.4).mark
        counts = curve.at(0.4)
        if counts.precision is None or counts.recall is None:
            assert last is None
        else:
            assert last == (round(100 * counts.recall, 1), round(100 * (1 - counts.precision), 1))


def test_pooled_curve_counts_every_bread() -> None:
    found = curves(random_set(3))
    one = pooled(found.values())
    assert one.at(0.4) == sum((each.at(0.4) for each in found.values()), start=Counts())


@pytest.mark.parametrize("box", [Box(0, 0, 0.1, 0.1), Box(0.9, 0.8, 0.1, 0.2), Box(0.4, 0.4, 0.2, 0.1)])
def test_cut_out_is_square_and_holds_its_box(box: Box) -> None:
    frame = window([box], width=800, height=600)
    assert frame.width * 800 == pytest.approx(frame.height * 600)
    assert frame.left >= -1e-9
    assert frame.left + frame.width <= 1 + 1e-9
    inner = within(frame, box)
    assert min(inner.left, inner.top) >= -1e-9
    assert max(inner.left + inner.width, inner.top + inner.height) <= 1 + 1e-9


def test_cut_out_larger_than_the_picture_sticks_out_evenly() -> None:
    frame = window([Box(0, 0, 1, 1)], width=800, height=400)
    assert frame.top == pytest.approx(-(frame.height - 1) / 2)


def test_outcomes_add_up_to_the_counts() -> None:
    judged = judge(random_set(9), lambda label: 0.35)
    total = sum(judged.counts.values(), start=Counts())
    for outcome, expected in ((Outcome.TP, total.tp), (Outcome.FP, total.fp), (Outcome.FN, total.fn)):
        assert sum(len(seen.cases) for seen in chosen(judged, Wanted(outcome))) == expected


def test_every_cell_leads_to_its_cases() -> None:
    judged = judge(random_set(9), lambda label: 0.35)
    for (true, named), count in judged.cells().items():
        assert sum(len(seen.cases) for seen in chosen(judged, Wanted(true=true, named=named))) == count
