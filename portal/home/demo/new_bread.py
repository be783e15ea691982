"""A bread that one model hardly knows: trays with it wait in Sapporo, and its model runs to see them.

So the learning loop can be walked at once: the gallery shows these trays first, since the registers have
corrected them.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from detections.domain.outcomes import Source
from detections.gateways.pixels import read_picture
from detections.models import Detection
from detections.services.correct import Sold, correct
from detections.services.detect import Submission, Tools, submit
from detections.wiring import PICTURES, open_eyes
from models_registry.domain.overrides import OverrideKind
from models_registry.models import Deployment
from models_registry.services.overrides import OverrideOrder, set_override
from portal.base.models import User
from portal.home.demo import cast
from portal.home.demo.trays import BREADS, render_tray
from portal.home.demo.trays.manifest import jpeg
from stores.models import Store

TRAYS, FIRST_SEED, REGISTER = 14, 7_100_000, "new-bread"
BESIDE = ("カレーパン", "あんぱん", "クリームパン", "メロンパン")
BY_NAME = {bread.ja: bread for bread in BREADS}
KEPT_FOR = timedelta(hours=3)
WHY = "新しいパンの写真を集める / Collect photos of a new bread"


def bring_new_bread(*, store: Store, author: User, at: datetime) -> None:
    """Photograph the trays once, and let their model run for a while to look at them."""
    if Detection.objects.filter(store=store, register=REGISTER).exists():
        return
    deployment = Deployment.objects.get(assignments__store=store)
    order = OverrideOrder(
        store=None, deployment=deployment, kind=OverrideKind.RUN, starts_at=at, ends_at=at + KEPT_FOR, why=WHY
    )
    set_override(order=order, author=author, at=at)
    for number in range(TRAYS):
        _photograph(store, number, at=at, taken_at=at - timedelta(minutes=4 * (TRAYS - number)))


def _photograph(store: Store, number: int, *, at: datetime, taken_at: datetime) -> None:
    """Hand one tray in, to be analysed when the model runs, and say what was sold."""
    names = [cast.MISSING_BREAD, cast.MISSING_BREAD, BESIDE[number % len(BESIDE)], BESIDE[number // 4 % 4]]
    breads = [BY_NAME[name] for name in names]
    seed = FIRST_SEED + number
    content = jpeg(render_tray(seed, items=breads), seed)
    handed = Submission(
        store=store, source=Source.REGISTER, picture=read_picture(content), taken_at=taken_at,
        picture_sha256=hashlib.sha256(content).hexdigest(), register=REGISTER, waits_for_model=True,
    )  # fmt: skip
    answer = submit(handed, at=at, tools=Tools(open_eyes, PICTURES))
    sold = [Sold(name) for name in names]
    correct(detection=answer.detection, items=sold, register=REGISTER, api_key=None)
