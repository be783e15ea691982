"""How good a version is, on reviewed photos or its test set, and what other thresholds would do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext

from detections.domain.evaluation.agreement import agreement
from detections.domain.evaluation.confusion import Cause, cell
from detections.domain.evaluation.drawing import line_of, pooled
from detections.domain.evaluation.figures import (
    Best,
    average_precision,
    best_threshold,
    macro,
    mean_average_precision,
    micro,
)
from detections.domain.evaluation.money import Mischarges, mischarges
from detections.domain.evaluation.table import Table, table
from detections.selectors.prices import Prices, prices
from detections.views.evaluation_asked import Answered, answered, asked_for, cases_address
from detections.views.evaluation_words import (
    cause_word,
    flag_word,
    name_shown,
    problem_sentence,
    simulator_words,
)
from models_registry.selectors.evaluation import EvaluationPage, evaluation_of
from portal.base.showing import show_money
from portal.base.site import page, show
from stores.access import is_headquarters

DISAGREEMENTS = 20
LEAST_SHOWN = 0.1
"""Percentages have one decimal."""
MOST_LINES = 15
"""So many kinds of mistakes are listed by money and by frequency; the matrix has all of them."""


@page
def reviewed(request: HttpRequest, pk: int) -> HttpResponse:
    """Show scores of a version on reviewed photos of the person's stores, or on its test set."""
    asked = asked_for(request, pk)
    answer = answered(request, asked)
    context = {
        "title": gettext("How good %(version)s is") % {"version": asked.version.name},
        "version": asked.version, "asked": asked, "scored": answer.scored,
        "problem": problem_sentence(answer.scored.problem),
    }  # fmt: skip
    if answer.scored.pictures:
        by_aws = evaluation_of(asked.version)
        context |= _figures(answer) | _lists(answer) | _beside(answer, by_aws)
        context["rows"] = [_row(answer, label, _by_label(by_aws)) for label in answer.labels]
        context["config"] = _config(answer, may_publish=is_headquarters(request.user))
    return show(request, "detections/evaluation.html", context)


def _figures(answer: Answered) -> dict[str, Any]:
    judged = answer.judged
    return {
        "micro": micro(judged.counts.values()), "macro": macro(judged.counts),
        "map": mean_average_precision(judged.curves.values()),
        "pooled": line_of(pooled(judged.curves.values()), 0.0),
    }  # fmt: skip


def _by_label(by_aws: EvaluationPage) -> dict[str, float | None]:
    return {row.metrics.label: row.metrics.f1_score for row in by_aws.labels}


def _row(answer: Answered, label: str, by_aws: Mapping[str, float | None]) -> dict[str, Any]:
    curve, counts = answer.judged.curves[label], answer.judged.counts[label]
    best, threshold = best_threshold(curve), answer.threshold(label)
    least = (answer.scored.lowest or {}).get(label, 0.0)
    return {
        "label": label, "truths": curve.truths, "is_trusted": curve.is_trusted, "counts": counts,
        "ap": average_precision(curve), "threshold": threshold, "aws_f1": by_aws.get(label),
        "slider_from": math.floor(1000 * least) / 10,
        "best": None if best is None else 100 * best.threshold,
        "lower": None if best is None else _below(best, least),
        "line": line_of(curve, threshold / 100), "address": cases_address(answer, label=label),
    }  # fmt: skip


def _below(best: Best, least: float) -> float | None:
    """Return down to where any threshold gives the same, in percent; None where that is next to nothing."""
    lower = 100 * max(best.lower, least)
    return lower if 100 * best.threshold - lower >= LEAST_SHOWN else None


def _lists(answer: Answered) -> dict[str, Any]:
    cells = answer.judged.cells()
    known = prices()
    confusions = _confusions(answer)
    return {
        "matrix": _matrix(answer, table(cells)), "confusions": confusions[:MOST_LINES],
        "more_confusions": max(0, len(confusions) - MOST_LINES),
        "money": _money(
            answer, mischarges(cells, known.by_label, pictures=len(answer.scored.pictures)), known
        ),
    }  # fmt: skip


def _matrix(answer: Answered, found: Table) -> dict[str, Any]:
    rows = [
        {
            "name": name_shown(row.true), "total": row.total,
            "squares": [
                {
                    "square": one, "percent": round(100 * one.share), "named": name_shown(one.named),
                    "address": cases_address(answer, true=one.true, named=one.named) if one.is_open else "",
                }
                for one in row.squares
            ],
        }
        for row in found.rows
    ]  # fmt: skip
    names = [name_shown(name) for name in found.names]
    return {"names": names, "rows": rows, "sums": found.sums, "is_whole": found.is_whole}


def _confusions(answer: Answered) -> list[dict[str, Any]]:
    """Return what was taken for what and why, most often first."""
    cells: dict[tuple[Cause, str, str], list[int]] = {}
    for number, (picture, own) in enumerate(zip(answer.judged.pictures, answer.judged.cases, strict=True)):
        for case in own:
            if case.cause is not Cause.HIT:
                cells.setdefault((case.cause, *cell(picture, case)), []).append(number)
    rows = [
        {
            "cause": cause_word(cause), "true": true, "named": named, "count": len(numbers),
            "address": cases_address(answer, true=true, named=named, cause=cause),
            "photos": [answer.scored.shots[number].photo for number in numbers],
        }
        for (cause, true, named), numbers in cells.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row["count"], row["true"], row["named"]))


def _money(answer: Answered, found: Mischarges, known: Prices) -> dict[str, Any]:
    lines = [
        {
            "true": name_shown(line.true), "named": name_shown(line.named), "count": line.count,
            "is_over": line.gap > 0, "gap": show_money(abs(line.gap), known.currency),
            "amount": show_money(abs(line.amount), known.currency),
            "address": cases_address(answer, true=line.true, named=line.named),
        }
        for line in found.lines[:MOST_LINES]
    ]  # fmt: skip
    return {
        "lines": lines, "more": max(0, len(found.lines) - MOST_LINES), "found": found,
        "over": show_money(found.overcharged, known.currency),
        "under": show_money(found.undercharged, known.currency), "has_prices": bool(known.by_label),
    }  # fmt: skip


def _beside(answer: Answered, by_aws: EvaluationPage) -> dict[str, Any]:
    """Return AWS's figures, and on the test set ours at AWS's thresholds and whether its flags are ours."""
    snapshot, lowest = answer.scored.snapshot, answer.scored.lowest or {}
    if snapshot is None:
        return {}
    curves = answer.judged.curves
    at_aws = {label: curve.at(lowest.get(label, 0.0)) for label, curve in curves.items()}
    found = agreement(snapshot.tested)
    listed = [
        {
            "theirs": flag_word(each.theirs), "ours": flag_word(each.ours),
            "label": snapshot.tested[each.picture].boxes[each.box].label,
            "address": cases_address(answer, picture=str(each.picture)), "number": each.picture + 1,
        }
        for each in found.disagreements[:DISAGREEMENTS]
    ]  # fmt: skip
    return {
        "aws": by_aws.evaluation if by_aws.evaluation and by_aws.evaluation.read_at else None,
        "ours": macro(at_aws), "agreement": found, "disagreements": listed,
        "more_disagreements": max(0, len(found.disagreements) - DISAGREEMENTS),
    }  # fmt: skip


def _config(answer: Answered, *, may_publish: bool) -> dict[str, Any]:
    """Return what the simulator needs: scores and hits of each label, in falling order of score."""
    serves = answer.deployment if may_publish else None
    return {
        "pictures": len(answer.scored.pictures), "askBand": answer.rules.ask_band,
        "publish": reverse("thresholds-simulated", args=[serves.pk]) if serves else "",
        "seen": answer.seen_set, "version": answer.asked.version.pk,
        "deployment": serves.name if serves else "",
        "deployment_pk": serves.pk if serves else None, "is_idle": may_publish and serves is None,
        "labels": [
            {
                "label": label, "truths": curve.truths, "threshold": round(answer.threshold(label), 4),
                "least": round(100 * (answer.scored.lowest or {}).get(label, 0.0), 4),
                "scores": [round(100 * score, 4) for score, _ in curve.pairs],
                "hits": [int(is_hit) for _, is_hit in curve.pairs],
            }
            for label, curve in ((label, answer.judged.curves[label]) for label in answer.labels)
        ],
        "words": simulator_words(),
    }  # fmt: skip
