"""How many photos of a register's own log are taken in a second, in one process.

python bench/imports.py [--photos 30000]

Three boxes a photo, through the API as one request, into a table that holds as many already.
"""

import argparse
import json
import random
import time
from collections.abc import Callable

from _ground import portal
from photos import make_store, redis


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=30_000)
    count = parser.parse_args().photos
    with portal(), redis():
        from django.test import Client

        client = Client(headers={"authorization": f"Bearer {make_store()}"})

        def hand_in(body: str) -> dict[str, int]:
            kind = "application/x-ndjson"
            return client.post("/api/v1/detections:import", body, content_type=kind).json()

        assert hand_in(log("first", count))["imported"] == count
        body = log("second", count)
        seconds, cpu = timed(lambda: hand_in(body))
        print(f"{count} new photos: {count / seconds:,.0f} a second; {cpu / seconds:.0%} in our process")
        seconds, _ = timed(lambda: hand_in(body))
        print(f"the same again: {count / seconds:,.0f} a second")


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that something took, and our process's share of them."""
    begun, began = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begun, time.process_time() - began


def log(name: str, count: int) -> str:
    draw = random.Random(name)
    return "\n".join(json.dumps(entry(f"{name}-{n}", draw)) for n in range(count))


def entry(key: str, draw: random.Random) -> dict[str, object]:
    shown = [
        {
            "Name": f"bread-{draw.randrange(30)}", "Confidence": draw.uniform(20, 100),
            "Geometry": {"BoundingBox": {"Left": n / 4, "Top": 0.3, "Width": 0.2, "Height": 0.3}},
        }
        for n in range(3)
    ]  # fmt: skip
    minute = draw.randrange(60 * 24)
    taken_at = f"2026-03-{draw.randrange(1, 29):02}T{minute // 60:02}:{minute % 60:02}:00+09:00"
    return {"id": key, "taken_at": taken_at, "CustomLabels": shown}


if __name__ == "__main__":
    main()
