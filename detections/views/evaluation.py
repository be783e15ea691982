"""How good a version is on photos that analysts have reviewed, and what other thresholds would do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext

from detections.domain.evaluation.confusion import BACKGROUND, Cause, cases
from detections.domain.evaluation.figures import (
    Counts,
    Curve,
    average_precision,
    best_threshold,
    curves,
    macro,
    mean_average_precision,
    micro,
)
from detections.domain.evaluation.matching import Picture
from detections.domain.places import Rules
from detections.selectors.evaluating import judged_by
from detections.selectors.serving import assumed_percents_of, newest_set, rules_of
from models_registry.models import Deployment, ModelVersion
from portal.base.errors import NotFound
from portal.base.site import page, show
from stores.access import is_headquarters, stores_visible_to

CAUSES = (Cause.WRONG_LABEL, Cause.DUPLICATE, Cause.BAD_BOX, Cause.SPURIOUS, Cause.NEAR_MISS, Cause.MISSED)


@page
def reviewed(request: HttpRequest, pk: int) -> HttpResponse:
    """Show scores of a version on reviewed photos of the person's stores."""
    version = ModelVersion.objects.filter(pk=pk).select_related("project").first()
    stores = stores_visible_to(request.user)
    is_served = is_headquarters(request.user) or stores.filter(deployments__live_version=pk).exists()
    if version is None or not is_served:
        raise NotFound(gettext("There is no such model version among yours."))
    audit_only = request.GET.get("audit") == "on"
    judged = judged_by(version, stores, audit_only=audit_only)
    rules = _rules(version)
    found = curves(judged.pictures)
    counts = {label: curve.at(rules.threshold(label) / 100) for label, curve in found.items()}
    context = {
        "title": gettext("%(version)s on reviewed photos") % {"version": version.name},
        "version": version, "judged": judged, "audit_only": audit_only,
        "micro": micro(counts.values()), "macro": macro(counts),
        "map": mean_average_precision(found.values()),
        "rows": [_row(found[label], counts[label], rules) for label in found],
        "confusions": _confusions(judged.pictures, judged.keys, rules),
        "config": _config(found, rules, len(judged.pictures), version),
    }  # fmt: skip
    return show(request, "detections/evaluation.html", context)


def _rules(version: ModelVersion) -> Rules:
    """Return the thresholds in force where the version serves, else AWS's assumed ones."""
    deployment = Deployment.objects.filter(live_version=version).first()
    return rules_of(newest_set(deployment) if deployment else None, assumed_percents_of(version))


def _row(curve: Curve, counts: Counts, rules: Rules) -> dict[str, Any]:
    best = best_threshold(curve)
    return {
        "label": curve.label, "truths": curve.truths, "is_trusted": curve.is_trusted, "counts": counts,
        "ap": average_precision(curve), "threshold": rules.threshold(curve.label),
        "best": None if best is None else 100 * best.threshold,
        "lower": None if best is None else 100 * best.lower,
    }  # fmt: skip


def _confusions(pictures: tuple[Picture, ...], keys: tuple[int, ...], rules: Rules) -> list[dict[str, Any]]:
    """Return what was taken for what, most often first, each with the photos to look at."""
    threshold: Callable[[str], float] = lambda label: rules.threshold(label) / 100  # noqa: E731
    cells: dict[tuple[str, str, str], list[int]] = {}
    for picture, pk in zip(pictures, keys, strict=True):
        for case in cases(picture, threshold):
            if case.cause in CAUSES:
                true = BACKGROUND if case.truth is None else picture.truths[case.truth].label
                named = BACKGROUND if case.found is None else picture.found[case.found].label
                cells.setdefault((case.cause, true, named), []).append(pk)
    rows = [
        {"cause": _cause(cause), "true": true, "named": named, "count": len(photos), "photos": photos[:6]}
        for (cause, true, named), photos in cells.items()
    ]
    return sorted(rows, key=lambda row: (-row["count"], row["true"], row["named"]))


def _cause(cause: str) -> str:
    names: Mapping[str, str] = {
        Cause.WRONG_LABEL: gettext("wrong label"), Cause.DUPLICATE: gettext("same bread again"),
        Cause.BAD_BOX: gettext("bad box"), Cause.SPURIOUS: gettext("nothing there"),
        Cause.NEAR_MISS: gettext("near miss"), Cause.MISSED: gettext("missed"),
    }  # fmt: skip
    return names[cause]


def _config(found: Mapping[str, Curve], rules: Rules, pictures: int, version: ModelVersion) -> dict[str, Any]:
    """Return what the simulator needs: scores and hits of each label, in falling order of score."""
    deployment = Deployment.objects.filter(live_version=version).first()
    return {
        "pictures": pictures, "askBand": rules.ask_band,
        "publish": reverse("thresholds", args=[deployment.pk]) if deployment else "",
        "labels": [
            {
                "label": label, "truths": curve.truths, "threshold": rules.threshold(label),
                "scores": [round(100 * score, 4) for score, _ in curve.pairs],
                "hits": [int(is_hit) for _, is_hit in curve.pairs],
            }
            for label, curve in found.items()
        ],
        "words": {
            "outcome": gettext(
                "per 1,000 trays: {questions} questions, {wrong} wrong charges, {missed} missed breads"
            ),
        },
    }  # fmt: skip
