"""A page of the history in a large log, how many match, and Django's stock changelist on the same table.

python bench/history.py [--photos 1000000] [--times 15] [--plans]

Photos and boxes (three each) are made in the database; 200 stores, 40 labels, 20 deployments, 60 versions, a
year. `--plans` names the indexes that PostgreSQL takes for each filter, and what it does without one.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from _ground import bare, portal

STORES, LABELS, DEPLOYMENTS, VERSIONS = 200, 40, 20, 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--plans", action="store_true")
    chosen = parser.parse_args()
    with portal():
        begun = time.perf_counter()
        fill(chosen.photos)
        seconds = time.perf_counter() - begun
        print(f"{chosen.photos:,} photos, {3 * chosen.photos:,} boxes, made in {seconds:.0f} s")
        measure(chosen.times, names_plans=chosen.plans)


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
    ModelVersion.objects.bulk_create(
        ModelVersion(project=project, arn=f"arn:v{n}", name=f"v{n}", status="RUNNING")
        for n in range(VERSIONS)
    )
    versions = list(ModelVersion.objects.order_by("pk"))
    Deployment.objects.bulk_create(
        Deployment(name=f"d{n:02d}", connection=made, live_version=versions[n]) for n in range(DEPLOYMENTS)
    )
    deployment = Deployment.objects.order_by("pk")[0]
    first = Store.objects.order_by("id").values_list("id", flat=True)[0]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO detections_label (name) SELECT 'bread-' || n FROM generate_series(1, %s) n", [LABELS]
        )
        with bare("detections_detection", "detections_detectedlabel"):
            cursor.execute(
                INSERT_PHOTOS,
                [first, STORES, deployment.pk, DEPLOYMENTS, versions[0].pk, VERSIONS, photos, photos],
            )
            cursor.execute(INSERT_BOXES, [LABELS])


INSERT_PHOTOS = """
INSERT INTO detections_detection (
  store_id, deployment_id, version_id, at, taken_at, register, source, outcome, error_code, error_message,
  idempotency_key, request_digest, picture_name, picture_key, picture_sha256, raw_floor,
  total_ms, rekognition_ms, accepted_count, ask_count, near_miss_count, smallest_margin, is_corrected,
  is_flagged, has_small_pictures, file_name, verdict, review_number)
SELECT %s + n %% %s, %s + n %% %s, %s + n %% %s, t, t, 'till-1',
  CASE WHEN n %% 1009 = 0 THEN 'IMPORT' WHEN n %% 7 = 0 THEN 'TILL' ELSE 'REGISTER' END,
  CASE WHEN n %% 50 = 0 THEN 'AWS_DOWN' ELSE 'ANSWERED' END,
  CASE WHEN n %% 10000 = 0 THEN 'aws_rare' WHEN n %% 50 = 0 THEN 'aws_down' ELSE '' END, '', '', '', '', 'k',
  md5(n::text) || md5(n::text), 0, 300, 250, 2, (n %% 200 = 0)::int, (n %% 5 = 0)::int,
  CASE WHEN n %% 50 > 0 THEN random() * 30 END, n %% 37 = 0, false, true, '', '', 0
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


def measure(times: int, *, names_plans: bool) -> None:
    from detections.models import Detection
    from detections.selectors.counting import amount
    from detections.selectors.gallery import gallery_page
    from detections.selectors.history import history_page
    from detections.selectors.photos import HistoryFilter, Order, photos
    from stores.models import Store

    stores = Store.objects.all()
    for name, chosen in filters().items():
        taken = timings(lambda chosen=chosen: history_page(stores, chosen, after=""), times)
        counted = timings(lambda chosen=chosen: amount(stores, chosen), times)
        p95, median = taken[int(0.95 * len(taken))], taken[len(taken) // 2]
        said = amount(stores, chosen)
        about = "" if said.is_exact else "about "
        print(
            f"{name:>28}: p95 {p95:7.1f} ms, median {median:7.1f} ms; "
            f"{about}{said.count:,} in {counted[len(counted) // 2]:.1f} ms"
        )
        if names_plans:
            (plan,) = json.loads(photos(stores, chosen)[:61].explain(format="json"))
            print(" " * 30 + "; ".join(steps(plan["Plan"])))
    for name, store in (("gallery", ""), ("gallery of a store", "S017")):
        doubtful = HistoryFilter(order=Order.RISK, store=store)
        taken = timings(lambda doubtful=doubtful: gallery_page(stores, doubtful, after=""), times)
        p95, median = taken[int(0.95 * len(taken))], taken[len(taken) // 2]
        print(f"{name:>28}: p95 {p95:7.1f} ms, median {median:7.1f} ms")
    middle = history_page(stores, filters()["store before April"], after="").rows[0].detection.pk
    one = timings(lambda: detail(stores, middle), times)
    print(f"{'one photo':>28}: p95 {one[int(0.95 * len(one))]:7.1f} ms, median {one[len(one) // 2]:7.1f} ms")
    stock = timings(lambda: (Detection.objects.count(), list(Detection.objects.order_by("-id")[:100])), 3)
    deep = timings(lambda: list(Detection.objects.order_by("-id")[500_000:500_100]), 3)
    print(f"stock changelist: first page with its COUNT {stock[1]:.0f} ms, its page 5,001 {deep[1]:.0f} ms")


def detail(stores: Any, pk: int) -> None:
    """Ask what the page of one photo asks."""
    from detections.selectors.answers import boxes_of
    from detections.selectors.history import neighbours, photo
    from detections.selectors.log import newest_correction

    row = photo(stores, pk)
    assert row is not None
    list(boxes_of(row)), newest_correction(row), neighbours(stores, row)


def filters() -> dict[str, Any]:
    from datetime import UTC, datetime, time

    from detections.selectors.photos import HistoryFilter, Kind, Order
    from models_registry.models import Deployment, ModelVersion

    spring = datetime(2026, 4, 1, tzinfo=UTC)
    deployment = Deployment.objects.order_by("pk").values_list("pk", flat=True)[7]
    version = ModelVersion.objects.order_by("pk").values_list("pk", flat=True)[7]
    return {
        "all": HistoryFilter(),
        "store": HistoryFilter(store="S017"),
        "deployment": HistoryFilter(deployment=deployment),
        "version": HistoryFilter(version=version),
        "version in a store": HistoryFilter(version=version, store="S017"),
        "near miss": HistoryFilter(kind=Kind.NEAR_MISS),
        "to be asked": HistoryFilter(kind=Kind.ASK),
        "corrected in a store": HistoryFilter(kind=Kind.CORRECTED, store="S037"),
        "failed": HistoryFilter(kind=Kind.FAILED),
        "error": HistoryFilter(error="aws_down"),
        "rare error": HistoryFilter(error="aws_rare"),
        "rare error in a store": HistoryFilter(error="aws_rare", store="S000"),
        "error that never was": HistoryFilter(error="none", version=version),
        "till page": HistoryFilter(source="TILL"),
        "imported": HistoryFilter(source="IMPORT"),
        "imported in a store": HistoryFilter(source="IMPORT", store="S017"),
        "label": HistoryFilter(label="bread-7"),
        "label in a store": HistoryFilter(label="bread-7", store="S017"),
        "label, version": HistoryFilter(label="bread-7", version=version),
        "label, confidence 60-62": HistoryFilter(label="bread-7", confidence_from=60, confidence_to=62),
        "label, 1 to 2 below": HistoryFilter(label="bread-7", distance_from=-2, distance_to=-1),
        "confidence 60-60.1": HistoryFilter(confidence_from=60, confidence_to=60.1),
        "within 0.1 of a threshold": HistoryFilter(distance_from=-0.1, distance_to=0.1),
        "below a threshold": HistoryFilter(distance_to=0),
        "nearest first": HistoryFilter(order=Order.NEAREST),
        "nearest first in a store": HistoryFilter(order=Order.NEAREST, store="S017"),
        "nearest first of a version": HistoryFilter(order=Order.NEAREST, version=version),
        "most doubtful": HistoryFilter(order=Order.RISK),
        "most doubtful in a store": HistoryFilter(order=Order.RISK, store="S017"),
        "most doubtful with a label": HistoryFilter(order=Order.RISK, label="bread-7"),
        "random sample": HistoryFilter(audit=True),
        "store before April": HistoryFilter(store="S101", until=spring),
        "07:00-08:00": HistoryFilter(time_from=time(7), time_to=time(8)),
        "07:00-07:01 in a store": HistoryFilter(time_from=time(7), time_to=time(7, 1), store="S017"),
    }


def steps(plan: dict[str, Any]) -> Iterator[str]:
    """Yield what a plan does to tables, and its sorts."""
    kind, index = plan["Node Type"], plan.get("Index Name")
    if index:
        yield f"{kind} {index}"
    elif "Scan" in kind or kind == "Sort":
        yield f"{kind} {plan.get('Relation Name', '')}".strip()
    for below in plan.get("Plans", []):
        yield from steps(below)


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
