"""A page of the history in a large log, for ten filters, beside Django's stock changelist on the same table.

python bench/history.py [--photos 1000000] [--times 15]

Photos and boxes (three each) are made in the database; 200 stores, 40 labels, a year.
"""

import argparse
import time
from collections.abc import Callable

from _ground import bare, portal

STORES, LABELS = 200, 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=15)
    chosen = parser.parse_args()
    with portal():
        begun = time.perf_counter()
        fill(chosen.photos)
        seconds = time.perf_counter() - begun
        print(f"{chosen.photos:,} photos, {3 * chosen.photos:,} boxes, made in {seconds:.0f} s")
        measure(chosen.times)


def fill(photos: int) -> None:
    from django.db import connection

    from models_registry.models import Connection, Deployment, ModelVersion, Project
    from stores.models import Area, Store

    area = Area.objects.create(name="Bench")
    Store.objects.bulk_create(
        Store(code=f"S{n:03d}", name=f"Store {n}", area=area, timezone="Asia/Tokyo") for n in range(STORES)
    )
    made = Connection.objects.create(name="Bench", region="ap-northeast-1")
    project = Project.objects.create(connection=made, arn="arn:p", name="p")
    version = ModelVersion.objects.create(project=project, arn="arn:v", name="v", status="RUNNING")
    deployment = Deployment.objects.create(name="d", connection=made, live_version=version)
    first = Store.objects.order_by("id").values_list("id", flat=True)[0]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO detections_label (name) SELECT 'bread-' || n FROM generate_series(1, %s) n", [LABELS]
        )
        with bare("detections_detection", "detections_detectedlabel"):
            cursor.execute(INSERT_PHOTOS, [first, STORES, deployment.pk, version.pk, photos, photos])
            cursor.execute(INSERT_BOXES, [LABELS])


INSERT_PHOTOS = """
INSERT INTO detections_detection (
  store_id, deployment_id, version_id, at, taken_at, register, source, outcome, error_code, error_message,
  idempotency_key, request_digest, picture_name, picture_key, picture_sha256, raw_floor,
  total_ms, rekognition_ms, accepted_count, ask_count, near_miss_count, smallest_margin, is_corrected,
  is_flagged, has_small_pictures, file_name)
SELECT %s + n %% %s, %s, %s, t, t, 'till-1', 'REGISTER',
  CASE WHEN n %% 50 = 0 THEN 'AWS_DOWN' ELSE 'ANSWERED' END, '', '', '', '', '', 'k',
  md5(n::text) || md5(n::text), 0, 300, 250, 2, 0, (n %% 5 = 0)::int, random() * 30, n %% 37 = 0,
  false, true, ''
FROM (
  SELECT n, timestamptz '2026-01-01' + n * (interval '300 days' / %s) AS t FROM generate_series(1, %s) n
) s
"""
INSERT_BOXES = """
INSERT INTO detections_detectedlabel (
  detection_id, label_id, store_id, taken_at, confidence, "left", top, width, height, threshold, fate)
SELECT d.id, 1 + (hashint8(d.id * 3 + b) & 2147483647) %% %s, d.store_id, d.taken_at, 40 + random() * 60,
  0.1, 0.1, 0.2, 0.2, 80, CASE b WHEN 2 THEN 'N' ELSE 'A' END
FROM detections_detection d CROSS JOIN generate_series(0, 2) b
"""


def measure(times: int) -> None:
    from datetime import UTC, datetime

    from detections.models import Detection
    from detections.selectors.history import HistoryFilter, Kind, history_page
    from stores.models import Store

    spring = datetime(2026, 4, 1, tzinfo=UTC)
    filters = {
        "all": HistoryFilter(),
        "store": HistoryFilter(store="S017"),
        "near miss": HistoryFilter(kind=Kind.NEAR_MISS),
        "corrected in a store": HistoryFilter(kind=Kind.CORRECTED, store="S037"),
        "failed": HistoryFilter(kind=Kind.FAILED),
        "label": HistoryFilter(label="bread-7"),
        "label in a store": HistoryFilter(label="bread-7", store="S017"),
        "label, confidence 60-62": HistoryFilter(label="bread-7", confidence_from=60, confidence_to=62),
        "within 0.1 of a threshold": HistoryFilter(margin_to=0.1),
        "store before April": HistoryFilter(store="S101", until=spring),
    }
    stores = Store.objects.all()
    for name, chosen in filters.items():
        taken = timings(lambda chosen=chosen: history_page(stores, chosen, after=""), times)
        p95, median = taken[int(0.95 * len(taken))], taken[len(taken) // 2]
        print(f"{name:>26}: p95 {p95:7.1f} ms, median {median:7.1f} ms")
    stock = timings(lambda: (Detection.objects.count(), list(Detection.objects.order_by("-id")[:100])), 3)
    deep = timings(lambda: list(Detection.objects.order_by("-id")[500_000:500_100]), 3)
    print(f"stock changelist: first page with its COUNT {stock[1]:.0f} ms, its page 5,001 {deep[1]:.0f} ms")


def timings(work: Callable[[], object], times: int) -> list[float]:
    work()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    return sorted(taken)


if __name__ == "__main__":
    main()
