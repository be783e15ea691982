"""Evaluation against pycocotools, faster-coco-eval, brute force and hand-made trays."""

import contextlib
import io
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rekognition_local.vision.evaluation import (
    average_precision,
    best_f1_threshold,
    evaluate_boxes,
    evaluate_tags,
    match,
)
from rekognition_local.vision.matching import intersections_over_unions, match_indexes
from rekognition_local.vision.shapes import Box, Found

Tray = tuple[list[Box], list[Found]]


def bread(label="melonpan", left=0.0, top=0.0, width=10.0, height=10.0):
    return Box(label, left, top, width, height)


def found(score, label="melonpan", left=0.0, top=0.0, width=10.0, height=10.0):
    return Found(Box(label, left, top, width, height), score)


def of(evaluation, label="melonpan"):
    (figures,) = [figures for figures in evaluation.labels if figures.label == label]
    return figures


def counts(evaluation, label="melonpan"):
    figures = of(evaluation, label)
    return figures.true_positives, figures.false_positives, figures.false_negatives


class TestMatching:
    def test_nothing_is_matched_on_an_empty_picture(self):
        assert match([], []) == []
        assert match([bread()], []) == []
        assert match([], [found(0.9)]) == [False]

    def test_stronger_finding_takes_the_only_truth(self):
        assert match([bread()], [found(0.6), found(0.9)]) == [False, True]

    def test_earlier_finding_takes_the_truth_when_scores_are_equal(self):
        assert match([bread()], [found(0.5), found(0.5)]) == [True, False]

    def test_one_finding_takes_the_closer_of_two_truths(self):
        assert match_indexes([bread(left=3), bread(left=1)], [found(0.9)]) == [1]

    def test_later_truth_is_taken_when_both_overlap_alike(self):
        assert match_indexes([bread(left=-2), bread(left=2)], [found(0.9)]) == [1]

    def test_next_finding_takes_the_next_best_free_truth(self):
        assert match_indexes([bread(left=1), bread(left=2)], [found(0.8), found(0.9)]) == [1, 0]

    def test_tighter_box_of_another_label_takes_nothing(self):
        findings = [found(0.9, "anpan"), found(0.5, left=3)]
        assert match([bread()], findings) == [False, True]

    def test_iou_of_exactly_a_half_is_a_hit(self):
        assert match([bread(width=10)], [found(0.9, width=5)]) == [True]
        assert match([bread(width=10)], [found(0.9, width=4.999)]) == [False]

    def test_iou_of_one_can_be_asked_for(self):
        assert match([bread(left=0.1)], [found(0.9, left=0.1)], iou=1.0) == [True]

    def test_box_over_the_edge_counts_with_its_whole_area(self):
        assert match([bread(width=10)], [found(0.9, left=-5, width=15)]) == [True]
        assert match([bread(width=10)], [found(0.9, left=-11, width=21)]) == [False]

    def test_box_without_an_area_overlaps_nothing(self):
        assert intersections_over_unions([bread(width=0)], [bread(width=0)]).tolist() == [[0.0]]

    def test_hundred_and_first_finding_of_a_label_is_no_hit(self):
        truths = [bread(left=20 * place) for place in range(101)]
        findings = [found(0.5, left=20 * place) for place in range(101)]
        assert match(truths, findings) == [True] * 100 + [False]
        assert counts(evaluate_boxes([(truths, findings)])) == (100, 0, 1)

    def test_fifty_one_boxes_are_all_matched(self):
        truths = [bread(left=20 * place) for place in range(51)]
        assert all(match(truths, [found(0.5, left=20 * place) for place in range(51)]))


class TestFigures:
    def test_nothing_is_defined_without_pictures(self):
        evaluation = evaluate_boxes([])
        assert evaluation.labels == ()
        assert evaluation.f1 is None
        assert evaluation.micro_f1 is None
        assert evaluation.mean_average_precision is None

    def test_precision_is_undefined_when_nothing_was_found(self):
        figures = of(evaluate_boxes([([bread()], [])]))
        assert (figures.threshold, figures.precision, figures.recall, figures.f1) == (None, None, 0.0, 0.0)
        assert figures.average_precision == 0.0

    def test_recall_is_undefined_when_the_label_is_only_ever_found(self):
        evaluation = evaluate_boxes([([bread()], [found(0.9), found(0.8, "anpan")])])
        figures = of(evaluation, "anpan")
        assert (figures.truths, figures.test_pictures, figures.false_positives) == (0, 0, 1)
        assert (figures.precision, figures.recall, figures.f1) == (0.0, None, 0.0)
        assert figures.average_precision is None
        assert (evaluation.precision, evaluation.micro_precision) == (1.0, 0.5)

    def test_score_equal_to_the_threshold_is_kept(self):
        pictures = [([bread()], [found(0.5)])]
        assert counts(evaluate_boxes(pictures, thresholds={"melonpan": 0.5})) == (1, 0, 0)
        assert counts(evaluate_boxes(pictures, thresholds={"melonpan": 0.5000001})) == (0, 0, 1)

    def test_scores_of_0_and_1_are_scores_like_any_other(self):
        pictures = [([bread(), bread(left=50)], [found(1.0), found(0.0, left=50)])]
        assert of(evaluate_boxes(pictures)).threshold == 0.0
        assert counts(evaluate_boxes(pictures, thresholds={"melonpan": 1.0})) == (1, 0, 1)
        assert counts(evaluate_boxes(pictures, thresholds={"melonpan": 0.0})) == (2, 0, 0)

    def test_label_without_a_threshold_keeps_everything(self):
        assert counts(evaluate_boxes([([bread()], [found(0.9), found(0.1)])], thresholds={})) == (1, 1, 0)

    def test_macro_f1_is_the_mean_of_f1s_not_the_f1_of_means(self):
        pictures = [
            ([bread()], [found(0.9), found(0.9, left=50), found(0.9, left=80)]),
            ([bread("anpan"), bread("anpan", 50), bread("anpan", 80)], [found(0.9, "anpan")]),
        ]
        evaluation = evaluate_boxes(pictures)
        assert evaluation.f1 == pytest.approx((0.5 + 0.5) / 2)
        assert evaluation.precision == pytest.approx((1 / 3 + 1) / 2)
        assert evaluation.micro_f1 == pytest.approx(2 * 2 / (2 * 2 + 2 + 2))

    def test_aggregates_of_the_published_example_are_macro_means(self):
        """381 and 227 hits of 624 pictures; 7 CAPs were called WATCH, 9 WATCHes CAP."""
        pictures = (
            [(["CAP"], [("CAP", 0.99)])] * 381
            + [(["CAP"], [("WATCH", 0.5)])] * 9
            + [(["WATCH"], [("WATCH", 0.99)])] * 227
            + [(["WATCH"], [("CAP", 0.99)])] * 7
        )
        evaluation = evaluate_tags(pictures, thresholds={"CAP": 0.9, "WATCH": 0.01})
        assert of(evaluation, "CAP").f1 == pytest.approx(0.97943444730)
        assert of(evaluation, "WATCH").f1 == pytest.approx(0.96595744681)
        assert evaluation.f1 == pytest.approx(0.97269594705)
        assert evaluation.micro_f1 == pytest.approx(0.974359, abs=1e-6)


class TestThreshold:
    def test_highest_of_equally_good_thresholds_is_taken(self):
        """F1 is 2/3 at 0.9 (1 of 2) and at 0.3 (2 of 2 with two mistakes)."""
        assert best_f1_threshold([0.9, 0.6, 0.5, 0.3], [True, False, False, True], 2) == 0.9

    def test_equal_scores_are_kept_together(self):
        assert best_f1_threshold([0.5, 0.5, 0.5], [True, False, True], 2) == 0.5

    def test_there_is_none_when_nothing_was_found(self):
        assert best_f1_threshold([], [], 3) is None

    def test_lowest_threshold_wins_when_all_are_hits(self):
        assert best_f1_threshold([0.9, 0.2, 0.5], [True, True, True], 3) == 0.2


class TestTags:
    def test_label_on_a_picture_is_the_unit(self):
        evaluation = evaluate_tags(
            [
                (["anpan", "melonpan"], [("anpan", 0.9), ("melonpan", 0.2)]),
                (["anpan"], [("melonpan", 0.6)]),
                ([], []),
            ]
        )
        assert counts(evaluation, "anpan") == (1, 0, 1)
        assert counts(evaluation, "melonpan") == (1, 1, 0)
        assert of(evaluation, "melonpan").threshold == 0.2
        assert of(evaluation, "anpan").test_pictures == of(evaluation, "anpan").truths == 2

    def test_higher_of_two_scores_of_a_label_counts(self):
        evaluation = evaluate_tags([(["anpan"], [("anpan", 0.3), ("anpan", 0.8), ("anpan", 0.1)])])
        assert of(evaluation, "anpan").threshold == 0.8

    def test_label_named_twice_on_a_picture_is_one_truth(self):
        assert of(evaluate_tags([(["anpan", "anpan"], [("anpan", 0.8)])]), "anpan").truths == 1

    def test_confusion_is_a_share_of_the_predicted_labels_pictures(self):
        """AWS's published example: 388/390, 2/234, 70/390, 164/234."""
        pictures = (
            [(["CAP"], [("CAP", 0.9), ("WATCH", 0.1)])] * 388
            + [(["CAP"], [("CAP", 0.2), ("WATCH", 0.8)])] * 2
            + [(["WATCH"], [("CAP", 0.7), ("WATCH", 0.3)])] * 70
            + [(["WATCH"], [("CAP", 0.4), ("WATCH", 0.6)])] * 164
        )
        cells = {(cell.truth, cell.predicted): cell.value for cell in evaluate_tags(pictures).confusion}
        assert cells == {
            ("CAP", "CAP"): 388 / 390,
            ("CAP", "WATCH"): 2 / 234,
            ("WATCH", "CAP"): 70 / 390,
            ("WATCH", "WATCH"): 164 / 234,
        }

    def test_label_without_test_pictures_has_no_cell(self):
        assert evaluate_tags([(["anpan"], [("melonpan", 0.9)])]).confusion == ()


LABELS = ["anpan", "baguette", "croissant", "danish", "only in truth", "only found"]


def random_pictures(chance: random.Random, *, number=12, tied=False) -> list[Tray]:
    """Trays of overlapping breads: jittered, missed, doubled, mislabelled and invented findings."""
    pictures: list[Tray] = []
    for _ in range(number):
        truths, findings = [], []
        for _ in range(chance.choice([0, 1, 3, 8, 14])):
            box = Box(
                chance.choice(LABELS[:5]),
                chance.uniform(0, 60),
                chance.uniform(0, 60),
                chance.uniform(8, 30),
                chance.uniform(8, 30),
            )
            truths.append(box)
            for _ in range(chance.choice([0, 1, 1, 1, 2])):
                label = chance.choice([box.label] * 5 + LABELS)
                findings.append(_near(chance, box, label, tied))
        for _ in range(chance.choice([0, 0, 2])):
            findings.append(_near(chance, bread(left=40, top=40), chance.choice(LABELS), tied))
        findings = [one for one in findings if one.box.label != "only in truth"]
        chance.shuffle(findings)
        pictures.append((truths, findings))
    return pictures


def _near(chance, box, label, tied):
    jitter = chance.choice([0.0, 1.0, 4.0])
    left, top, width, height = (
        side + chance.uniform(-jitter, jitter) for side in (box.left, box.top, box.width, box.height)
    )
    score = chance.randrange(6) / 5 if tied else chance.random()
    return Found(Box(label, left, top, width, height), score)


def coco_truth(pictures):
    """COCO's json; ids start at 1, because 0 means "no match" to pycocotools."""
    boxes = [(number, box) for number, (truths, _) in enumerate(pictures, 1) for box in truths]
    return {
        "info": {},
        "images": [{"id": number} for number in range(1, len(pictures) + 1)],
        "categories": [{"id": number, "name": label} for number, label in enumerate(LABELS, 1)],
        "annotations": [
            {
                "id": number,
                "image_id": picture,
                "category_id": LABELS.index(box.label) + 1,
                "bbox": [box.left, box.top, box.width, box.height],
                "area": box.width * box.height,
                "iscrowd": 0,
            }
            for number, (picture, box) in enumerate(boxes, 1)
        ],
    }


def coco_findings(pictures):
    return [
        {
            "image_id": number,
            "category_id": LABELS.index(one.box.label) + 1,
            "bbox": [one.box.left, one.box.top, one.box.width, one.box.height],
            "score": one.score,
        }
        for number, (_, findings) in enumerate(pictures, 1)
        for one in findings
    ]


def coco_evaluation(pictures, coco_class, evaluation_class):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco_class()
        truth.dataset = coco_truth(pictures)
        truth.createIndex()
        oracle = evaluation_class(truth, truth.loadRes(coco_findings(pictures)), iouType="bbox")
        oracle.params.iouThrs = np.array([0.5])
        oracle.params.areaRng, oracle.params.areaRngLbl = [[0, 1e10]], ["all"]
        oracle.params.maxDets = [100]
        oracle.evaluate()
        oracle.accumulate()
    return oracle


def pycocotools(pictures):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    return coco_evaluation(pictures, COCO, COCOeval)


def faster_coco_eval(pictures):
    from faster_coco_eval.core import COCO
    from faster_coco_eval.core.faster_eval_api import COCOeval_faster

    return coco_evaluation(pictures, COCO, COCOeval_faster)


def coco_counts(oracle, label, threshold):
    """TP and FP of findings that are kept at the threshold, from the raw matches."""
    kept = Counter()
    for image in oracle.evalImgs:
        if image is not None and image["category_id"] == LABELS.index(label) + 1:
            matches = np.asarray(image["dtMatches"])[0]
            for score, truth in zip(image["dtScores"], matches, strict=True):
                if score >= threshold:
                    kept["hit" if truth > 0 else "mistake"] += 1
    return kept["hit"], kept["mistake"]


@pytest.mark.parametrize("seed", range(40))
def test_counts_and_average_precision_equal_those_of_pycocotools(seed):
    pictures = random_pictures(random.Random(seed))
    evaluation, oracle = evaluate_boxes(pictures), pycocotools(pictures)
    for figures in evaluation.labels:
        category = LABELS.index(figures.label)
        precision, recall = (
            oracle.eval["precision"][0, :, category, 0, 0],
            oracle.eval["recall"][0, category, 0, 0],
        )
        if not figures.truths:
            assert precision.max() == -1
            assert figures.average_precision is None
            continue
        assert figures.average_precision == pytest.approx(precision.mean(), abs=1e-12)
        assert figures.highest_recall == pytest.approx(recall, abs=1e-12)
        if figures.threshold is not None:
            assert (
                coco_counts(oracle, figures.label, figures.threshold) == counts(evaluation, figures.label)[:2]
            )
    truths = oracle.eval["precision"][0, 0, :, 0, 0] > -1
    mean = oracle.eval["precision"][0, :, truths, 0, 0].mean()
    assert evaluation.mean_average_precision == pytest.approx(mean, abs=1e-12)


@pytest.mark.parametrize("seed", range(15))
def test_counts_at_every_threshold_equal_those_of_pycocotools_when_scores_are_tied(seed):
    pictures = random_pictures(random.Random(seed), tied=True)
    oracle = pycocotools(pictures)
    for threshold in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        evaluation = evaluate_boxes(pictures, thresholds=dict.fromkeys(LABELS, threshold))
        for figures in evaluation.labels:
            assert coco_counts(oracle, figures.label, threshold) == counts(evaluation, figures.label)[:2]


@pytest.mark.parametrize("seed", range(100, 115))
def test_average_precision_equals_that_of_faster_coco_eval(seed):
    pictures = random_pictures(random.Random(seed))
    oracle = faster_coco_eval(pictures)
    for figures in evaluate_boxes(pictures).labels:
        precision = oracle.eval["precision"][0, :, LABELS.index(figures.label), 0, 0]
        if figures.truths:
            assert figures.average_precision == pytest.approx(precision.mean(), abs=1e-12)


@pytest.mark.parametrize("seed", range(200, 220))
@pytest.mark.parametrize("tied", [False, True])
def test_threshold_and_figures_equal_those_of_trying_every_threshold(seed, tied):
    pictures = random_pictures(random.Random(seed), tied=tied)
    for figures in evaluate_boxes(pictures).labels:
        tried = [
            brute_figures(pictures, figures.label, score) for score in scores_of(pictures, figures.label)
        ]
        if not tried:
            assert figures.threshold is None
            continue
        threshold, precision, recall, f1 = max(tried, key=lambda one: (one[3], one[0]))
        assert figures.threshold == threshold
        assert figures.precision == pytest.approx(precision)
        assert figures.recall == (None if recall is None else pytest.approx(recall))
        assert figures.f1 == pytest.approx(f1)


def scores_of(pictures, label):
    return [one.score for _, findings in pictures for one in findings if one.box.label == label]


def brute_figures(pictures, label, threshold):
    """Match anew what this threshold keeps, as if weaker findings had never been."""
    hits = kept = truths = 0
    for boxes, findings in pictures:
        own = [one for one in findings if one.box.label == label and one.score >= threshold]
        hits += sum(match([box for box in boxes if box.label == label], own))
        kept += len(own)
        truths += sum(box.label == label for box in boxes)
    recall = hits / truths if truths else None
    return threshold, hits / kept, recall, 2 * hits / (kept + truths)


def naive_average_precision(scores, hits, truths):
    points = []
    for threshold in sorted(set(scores)):
        kept = [hit for score, hit in zip(scores, hits, strict=True) if score >= threshold]
        points.append((sum(kept) / truths, sum(kept) / len(kept)))
    grid = np.linspace(0, 1, 101)
    return sum(max((p for r, p in points if r >= recall), default=0.0) for recall in grid) / 101


fates = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]), st.booleans()), min_size=1, max_size=25
)


@given(fates, st.integers(0, 5))
def test_average_precision_with_tied_scores_equals_its_definition(own, missed):
    scores, hits = [score for score, _ in own], [hit for _, hit in own]
    truths = sum(hits) + missed
    expected = naive_average_precision(scores, hits, truths) if truths else None
    assert average_precision(scores, hits, truths) == (None if expected is None else pytest.approx(expected))


seeds = st.integers(0, 10**6)


@settings(deadline=None, max_examples=60)
@given(seeds, st.floats(0, 1), st.floats(0, 1))
def test_lowering_a_threshold_never_lowers_true_positives(seed, one, other):
    pictures = random_pictures(random.Random(seed), number=3, tied=seed % 2 == 0)
    low, high = sorted([one, other])
    at_low = evaluate_boxes(pictures, thresholds=dict.fromkeys(LABELS, low))
    at_high = evaluate_boxes(pictures, thresholds=dict.fromkeys(LABELS, high))
    for lower, higher in zip(at_low.labels, at_high.labels, strict=True):
        assert lower.true_positives >= higher.true_positives
        assert lower.false_positives >= higher.false_positives
        assert lower.true_positives + lower.false_negatives == lower.truths


@settings(deadline=None, max_examples=60)
@given(seeds)
def test_order_of_input_is_irrelevant(seed):
    chance = random.Random(seed)
    pictures = random_pictures(chance, number=4)
    shuffled = [
        (chance.sample(truths, len(truths)), chance.sample(own, len(own))) for truths, own in pictures
    ]
    chance.shuffle(shuffled)
    assert evaluate_boxes(shuffled) == evaluate_boxes(pictures)


@settings(deadline=None, max_examples=60)
@given(seeds)
def test_order_of_pictures_is_irrelevant_when_scores_are_tied(seed):
    chance = random.Random(seed)
    pictures = random_pictures(chance, number=4, tied=True)
    assert evaluate_boxes(chance.sample(pictures, len(pictures))) == evaluate_boxes(pictures)


@settings(deadline=None, max_examples=60)
@given(seeds)
def test_tags_are_judged_like_boxes_that_fill_their_pictures(seed):
    """A picture's label as one box over the whole picture must give the very same figures."""
    chance = random.Random(seed)
    tagged = []
    for _ in range(8):
        truth = chance.sample(LABELS, chance.randrange(3))
        tagged.append((truth, [(label, chance.randrange(9) / 8) for label in chance.sample(LABELS, 4)]))
    boxed = [
        ([bread(t) for t in truth], [found(score, label) for label, score in own]) for truth, own in tagged
    ]
    assert evaluate_tags(tagged).labels == evaluate_boxes(boxed).labels
