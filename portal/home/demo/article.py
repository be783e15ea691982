"""The article's tray: three breads, of which one is told; thresholds of 75 bring the other two back.

The figures are those of the article (confidences 77.54, 88.00 and 90.45; assumed thresholds 81.7, 86.2 and
90.7). The answer is handed in as a register's own log, as it was in the article.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from detections.gateways.pixels import read_picture
from detections.models import Detection
from detections.services.attach import attach_picture
from detections.services.import_log import Handed, import_log
from detections.services.thresholds import SetDraft, publish_set
from detections.wiring import PICTURES
from models_registry.models import Deployment
from portal.base.models import User
from portal.home.demo.trays import BREADS, render_tray
from portal.home.demo.trays.manifest import jpeg
from portal.home.demo.trays.scene import Tray
from stores.models import Store

SEED, REGISTER = 20_260_310, "article"
SEEN = {"あんぱん": 77.54, "メロンパン": 88.00, "焼きそばパン": 90.45}
ASSUMED = {"あんぱん": 81.7, "メロンパン": 86.2, "焼きそばパン": 90.7}
LOWER = 75.0


def tell_article(*, store: Store, author: User, at: datetime) -> None:
    """Play it once in a store: the tray under AWS's thresholds, and again under our own."""
    if Detection.objects.filter(store=store, register=REGISTER).exists():
        return
    deployment = Deployment.objects.get(assignments__store=store)
    tray = render_tray(SEED, items=[bread for bread in BREADS if bread.ja in SEEN])
    scenes = (
        (ASSUMED, "AWSが仮定したしきい値 / As AWS assumed them", timedelta(minutes=20)),
        (
            dict.fromkeys(SEEN, LOWER),
            "あんぱんが消える / Two breads vanish",
            timedelta(minutes=5),
        ),
    )
    for thresholds, reason, ago in scenes:
        publish_set(deployment=deployment, draft=SetDraft(thresholds), reason=reason, author=author)
        _photograph(store, tray, at=at, taken_at=at - ago)


def _photograph(store: Store, tray: Tray, *, at: datetime, taken_at: datetime) -> None:
    content = jpeg(tray, SEED)
    entry = {"taken_at": taken_at.isoformat(), "CustomLabels": _custom_labels(tray), "register_id": REGISTER}
    report = import_log(Handed(store, None, [(1, entry)]), at=at)
    attach_picture(
        detection=Detection.objects.get(pk=report.found[1]), picture=read_picture(content),
        sha256=hashlib.sha256(content).hexdigest(), pictures=PICTURES, at=at,
    )  # fmt: skip


def _custom_labels(tray: Tray) -> list[dict[str, object]]:
    """Return the tray as DetectCustomLabels would have answered it."""
    height, width = tray.pixels.shape[:2]
    return [
        {
            "Name": item.bread.ja,
            "Confidence": SEEN[item.bread.ja],
            "Geometry": {
                "BoundingBox": {
                    "Left": item.left / width,
                    "Top": item.top / height,
                    "Width": item.width / width,
                    "Height": item.height / height,
                }
            },
        }
        for item in tray.items
    ]
