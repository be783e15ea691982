"""Counting hours of a large log, and the pages of health that read them.

python bench/health.py [--photos 1000000] [--days 30] [--stores 866] [--times 15]

Photos of ten hours on each of the days up to now, spread over the stores; no boxes. The whole log is counted
once by `rebuild_health`, then the recent hours again and again.
"""

import argparse
import time

from _ground import portal


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--stores", type=int, default=866)
    parser.add_argument("--times", type=int, default=15)
    chosen = parser.parse_args()
    with portal():
        begun = time.perf_counter()
        fill(chosen.photos, chosen.stores, chosen.days)
        print(
            f"{chosen.photos:,} photos of {chosen.stores} stores made in {time.perf_counter() - begun:.0f} s"
        )
        count_all()
        measure(chosen.times)


def fill(photos: int, stores: int, days: int) -> None:
    from django.db import connection

    from stores.models import Area, Store

    area = Area.objects.create(name="Bench")
    Store.objects.bulk_create(
        Store(code=f"S{n:03d}", name=f"Store {n}", area=area, timezone="Asia/Tokyo") for n in range(stores)
    )
    first = Store.objects.order_by("id").values_list("id", flat=True)[0]
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        # Neither the triggers nor the history's indexes are measured here.
        cursor.execute("SET session_replication_role = replica")
        for name in ("newest", "store", "deployment", "version", "margin", "corrected"):
            cursor.execute(f"DROP INDEX detection_{name}")
        cursor.execute(INSERT_PHOTOS, [first, stores, days, photos, photos])
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE detections_detection")


INSERT_PHOTOS = """
INSERT INTO detections_detection (
  store_id, at, taken_at, claimed_at, register, source, outcome, error_code, error_message,
  idempotency_key, request_digest, picture_name, picture_key, picture_sha256, raw_floor,
  total_ms, rekognition_ms, accepted_count, ask_count, near_miss_count, is_corrected)
SELECT %s + (random() * 1e9)::int %% %s, t, t, t, 'till-1', 'REGISTER',
  CASE WHEN n %% 50 = 0 THEN 'AWS_DOWN' ELSE 'ANSWERED' END,
  CASE WHEN n %% 50 = 0 THEN 'aws_down' ELSE '' END,
  '', '', '', '', 'k', 'k', 0, 180 + (exp(random() * 6))::int, 150 + (exp(random() * 6))::int, 2, 0,
  (n %% 5 = 0)::int, n %% 37 = 0
FROM (
  SELECT n, now() - interval '5 minutes' - floor(n::float * %s / %s) * interval '1 day'
    - random() * interval '10 hours' AS t
  FROM generate_series(1, %s) n
) s
"""


def count_all() -> None:
    from django.core.management import call_command
    from django.db import connection

    from detections.models import StoreHour

    begun = time.perf_counter()
    with open("/dev/null", "w") as nowhere:
        call_command("rebuild_health", stdout=nowhere)
    seconds = time.perf_counter() - begun
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE detections_storehour")
        cursor.execute("SELECT pg_total_relation_size('detections_storehour')")
        (size,) = cursor.fetchone()
    print(f"rebuild_health: {StoreHour.objects.count():,} rows, {size / 1e6:.0f} MB, in {seconds:.0f} s")


def measure(times: int) -> None:
    from django.contrib.auth import get_user_model
    from django.test import Client

    from detections.services.health import recount_recent
    from portal.base import clock
    from stores.models import Membership, Role, Store

    person = get_user_model().objects.create_user("hanako")
    Membership.objects.create(user=person, role=Role.HQ)
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    works = {"recount of the last 3 hours": lambda: recount_recent(at=clock.now())}
    busy = Store.objects.order_by("code").values_list("code", flat=True)[17]
    addresses = [f"/health/?span={span}" for span in ("today", "24h", "7d", "30d")]
    for address in (*addresses, f"/health/{busy}/?span=30d", "/", "/metrics"):
        works[address] = lambda address=address: answered(client, address)
    for name, work in works.items():
        taken = sorted(timed(work) for _ in range(times + 1))[:-1]
        median, p95 = taken[len(taken) // 2], taken[int(0.95 * len(taken))]
        print(f"{name:>28}: median {median:6.0f} ms, p95 {p95:6.0f} ms")


def answered(client: object, address: str) -> None:
    if client.get(address).status_code != 200:
        raise SystemExit(f"{address} did not answer")


def timed(work: object) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    main()
