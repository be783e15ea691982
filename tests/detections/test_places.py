"""Raw boxes become places: tables of cases, and properties that hold for any boxes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.domain.outcomes import Fate
from detections.domain.places import Box, RawLabel, Rules, iou, judge, totals

HERE, BESIDE, THERE = Box(0.1, 0.1, 0.3, 0.3), Box(0.12, 0.1, 0.3, 0.3), Box(0.6, 0.6, 0.3, 0.3)
INSIDE = Box(0.15, 0.15, 0.1, 0.1)


def fates(*raw: RawLabel, **rules: object) -> str:
    defaults: dict[str, object] = {"thresholds": {"melon": 80, "anpan": 80, "rare": 7}}
    return "".join(judge(raw, Rules(**{**defaults, **rules})).fates)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ((), ""),
        ((RawLabel("melon", 95, HERE),), "A"),
        ((RawLabel("melon", 81, HERE),), "A"),
        ((RawLabel("melon", 80.5, HERE),), "Q"),
        ((RawLabel("melon", 80, HERE),), "Q"),
        ((RawLabel("melon", 79.9, HERE),), "N"),
        ((RawLabel("melon", 55, HERE),), "N"),
        ((RawLabel("melon", 54.9, HERE),), "H"),
        ((RawLabel("rare", 3, HERE),), "H"),
        ((RawLabel("rare", 4, HERE),), "N"),
        ((RawLabel("melon", 95, HERE), RawLabel("anpan", 60, BESIDE)), "AH"),
        ((RawLabel("melon", 95, HERE), RawLabel("anpan", 90, BESIDE)), "QQ"),
        ((RawLabel("melon", 95, HERE), RawLabel("anpan", 90, THERE)), "AA"),
        ((RawLabel("melon", 95, HERE), RawLabel("melon", 90, BESIDE)), "AD"),
        ((RawLabel("melon", 95, HERE), RawLabel("melon", 90, INSIDE)), "AD"),
        ((RawLabel("melon", 95, HERE), RawLabel("anpan", 90, INSIDE)), "AA"),
        ((RawLabel("melon", 95, HERE), RawLabel("melon", 60, BESIDE)), "AH"),
        ((RawLabel("melon", 95), RawLabel("anpan", 90), RawLabel("curry", 49)), "AAN"),
    ],
)
def test_fate_follows_thresholds_and_places(raw: tuple[RawLabel, ...], expected: str) -> None:
    assert fates(*raw) == expected


def test_same_bread_counts_twice_when_suppression_is_off() -> None:
    twice = (RawLabel("melon", 95, HERE), RawLabel("melon", 90, BESIDE))

    assert fates(*twice, suppresses_duplicates=False) == "AA"


def test_lower_label_wins_a_place_when_only_it_reaches_its_threshold() -> None:
    raw = (RawLabel("melon", 60, HERE), RawLabel("anpan", 55, BESIDE))

    assert fates(*raw, thresholds={"melon": 90, "anpan": 50}) == "HA"


def test_iou_is_hand_worked() -> None:
    assert iou(Box(0, 0, 0.2, 0.2), Box(0.1, 0, 0.2, 0.2)) == pytest.approx(1 / 3)
    assert iou(HERE, THERE) == 0
    assert iou(Box(0, 0, 0, 0), Box(0, 0, 0, 0)) == 0


SIDE = st.floats(0, 1, width=32)
LABELS = st.builds(
    RawLabel,
    st.sampled_from(("melon", "anpan", "curry")),
    st.floats(0, 100),
    st.none() | st.builds(Box, SIDE, SIDE, SIDE, SIDE),
)


@given(st.lists(LABELS, max_size=30), st.booleans())
def test_every_box_has_one_fate_that_its_threshold_allows(raw: list[RawLabel], suppresses: bool) -> None:
    rules = Rules(thresholds={"melon": 80, "anpan": 30}, suppresses_duplicates=suppresses)

    found = judge(raw, rules)

    for each, fate, threshold in zip(raw, found.fates, found.thresholds, strict=True):
        assert threshold == rules.threshold(each.label)
        assert (fate in {Fate.ACCEPTED, Fate.ASK, Fate.DUPLICATE}) == (each.confidence >= threshold)
    assert sum(len(place.shown) for place in found.places) == sum(
        fate in {Fate.ACCEPTED, Fate.ASK, Fate.NEAR_MISS} for fate in found.fates
    )
    assert sum(totals(found, raw).values()) == found.count(Fate.ACCEPTED)
    assert suppresses or Fate.DUPLICATE not in found.fates
