"""The tick for 10,000 stores on 1,000 deployments, beside one django-celery-beat row per transition.

Both sides answer the same question, "what is due now?", for the same stores on the same PostgreSQL, in one
run. The rows are what a scheduler with a crontab row per transition needs: a start and a stop for each
opening of each store's week.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import _ground

DEPLOYMENTS, STORES_EACH = 1_000, 10
NIGHT = datetime(2026, 11, 23, 16, 45, 7, tzinfo=UTC)
IDLE_TARGET_MS, QUERY_TARGET = 50, 6


def main() -> None:
    with _ground.portal("bench._settings"):
        _ground.make_franchise(DEPLOYMENTS, STORES_EACH)
        print(f"tick, {DEPLOYMENTS:,} deployments × {DEPLOYMENTS * STORES_EACH:,} stores, AWS in memory")
        idle = measure_tick()
        print("the same with one django-celery-beat row per transition")
        measure_rows(idle)


def measure_tick() -> float:
    """Print the first, the idle, and the opening tick; return the idle one in milliseconds."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from models_registry.gateways.in_memory import InMemoryRekognition
    from models_registry.services.tick import run_tick

    clock = {"at": NIGHT}
    aws = InMemoryRekognition(lambda: clock["at"], start_seconds=0, stop_seconds=0)
    for n in range(DEPLOYMENTS):
        aws.add(_ground.version_arn(n), project_arn=_ground.project_arn(n % _ground.PROJECTS))

    def tick(seconds: int = 5) -> object:
        clock["at"] += timedelta(seconds=seconds)
        return run_tick(at=clock["at"], connect=lambda row: aws)

    first = timed(tick)
    settled = settle(tick)
    idle = _ground.median_ms(tick, 21)
    with CaptureQueriesContext(connection) as queries:
        tick()
    print(f"  first tick, everything planned         {first:9.1f} ms")
    print(f"  until nothing is left to order         {settled} ticks")
    print(f"  idle tick (at most {IDLE_TARGET_MS} ms)              {idle:9.1f} ms")
    print(f"  queries of an idle tick (at most {QUERY_TARGET})    {len(queries):9}")
    opening(tick, clock)
    return idle


def settle(tick: Callable[[], object]) -> int:
    """Tick until a tick orders nothing and replans nothing; return how many that took."""
    for count in range(1, 500):
        report = tick()
        if not (report.started or report.stopped or report.replanned):
            return count
    raise SystemExit("The day loop does not come to rest.")


def opening(tick: Callable[[int], object], clock: dict[str, datetime]) -> None:
    """Go to where most deployments open at once, and tick through it."""
    from django.db.models import Count

    from models_registry.models import DeploymentState

    best = (
        DeploymentState.objects.filter(is_wanted=False, next_change_at__isnull=False)
        .values("next_change_at").annotate(count=Count("id")).order_by("-count").first()
    )  # fmt: skip
    clock["at"] = best["next_change_at"] - timedelta(seconds=5)
    begun, ordered, ticks = time.perf_counter(), 0, 0
    while True:
        report = tick(5)
        ticks += 1
        ordered += report.started + report.stopped
        if not (report.started or report.stopped):
            break
    taken = (time.perf_counter() - begun) * 1000
    each = taken / max(ordered, 1)
    print(f"  opening: {ordered} orders in {ticks} ticks       {taken:9.1f} ms, {each:.2f} ms an order")


def measure_rows(idle_ms: float) -> None:
    """Print how long the row-per-transition scheduler takes for the same, as ratios to the idle tick."""
    from celery import Celery
    from django_celery_beat.models import PeriodicTasks
    from django_celery_beat.schedulers import DatabaseScheduler

    rows = write_rows()
    print(f"  rows: {rows:,}")
    app = Celery("bench", broker="memory://")
    scheduler = DatabaseScheduler(app=app, lazy=True)
    loading = timed(lambda: scheduler.schedule)
    scheduler._heap = None
    first = timed(scheduler.tick)
    idle = _ground.median_ms(scheduler.tick, 21)

    def after_an_edit() -> None:
        PeriodicTasks.update_changed()
        scheduler.tick()

    edited = timed(after_an_edit)
    scheduler._finalize.cancel()
    for title, ms in (
        ("reading the schedule", loading), ("first pass", first), ("idle pass", idle),
        ("pass after one store edits its hours", edited),
    ):  # fmt: skip
        print(f"  {title:38} {ms:9.1f} ms   {ms / idle_ms:7.1f} × our idle tick")


def write_rows() -> int:
    """Write a start and a stop row for each opening of each store's week."""
    from django_celery_beat.models import CrontabSchedule, PeriodicTask

    from stores.models import OpeningHours

    schedules: dict[tuple[str, int, int], CrontabSchedule] = {}
    tasks = []
    openings = OpeningHours.objects.select_related("store").order_by("id")
    for opening in openings.iterator(chunk_size=5_000):
        for kind, minute in (("start", opening.opens_minute - 30), ("stop", opening.closes_minute + 30)):
            day, minute = (opening.weekday + minute // 1440) % 7, minute % 1440
            key = (opening.store.timezone, day, minute)
            if key not in schedules:
                schedules[key] = CrontabSchedule.objects.create(
                    minute=minute % 60, hour=minute // 60, day_of_week=(day + 1) % 7, timezone=key[0]
                )
            name = f"{kind}-{opening.pk}"
            tasks.append(
                PeriodicTask(name=name, task="bench.nothing", crontab=schedules[key], last_run_at=NIGHT)
            )
    PeriodicTask.objects.bulk_create(tasks, batch_size=5_000)
    return len(tasks)


def timed(work: Callable[[], object]) -> float:
    """Return the milliseconds of one run."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    main()
