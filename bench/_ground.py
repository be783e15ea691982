"""An embedded PostgreSQL of its own, and a franchise of 10,000 stores on 1,000 deployments in it."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

ACCOUNT = "arn:aws:rekognition:ap-northeast-1:123456789012:project"
PROJECTS = 10
CREATED = "1700000000000"


@contextmanager
def portal(settings: str = "portal.settings") -> Iterator[None]:
    """Have Django set up on a new, empty, migrated database while the block runs."""
    with tempfile.TemporaryDirectory(prefix="kamado-bench-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        os.environ |= {"KAMADO_HOME": home, "DJANGO_SETTINGS_MODULE": settings, "KAMADO_LOG_LEVEL": "WARNING"}
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        from portal.embedded.entry import services_for

        with services_for(["manage.py", "migrate"]):
            import django
            from django.core.management import call_command

            django.setup()
            call_command("migrate", verbosity=0)
            yield


@contextmanager
def bare(*tables: str) -> Iterator[None]:
    """Fill tables without their indexes, triggers and foreign keys; the indexes are built afterwards."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexname !~ '_pkey$'",
            [list(tables)],
        )
        indexes = cursor.fetchall()
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute("SET session_replication_role = origin")
        for table in tables:
            cursor.execute(f"VACUUM ANALYZE {table}")


def median_ms(work: Callable[[], object], times: int) -> float:
    """Return the median of `times` runs in milliseconds, after one that does not count."""
    work()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


def make_franchise(deployments: int, stores_each: int) -> None:
    """Write `deployments` × `stores_each` stores in four zones, split hours and nights among them."""
    from models_registry.models import Assignment, Connection, Deployment, ModelVersion, Project
    from stores.models import Area, OpeningHours, Store

    zones = ("Asia/Tokyo", "Europe/Paris", "America/New_York", "America/Sao_Paulo")
    weeks = (((420, 1140),), ((390, 780), (900, 1200)), ((1080, 1560),), ((360, 1320),))
    connection = Connection.objects.create(
        name="Bench", region="ap-northeast-1", max_running_models=10_000, control_plane_tps=1_000
    )
    area = Area.objects.create(name="Bench")
    total = deployments * stores_each
    stores = Store.objects.bulk_create(
        Store(code=f"S{n:05d}", name=f"Store {n}", area=area, timezone=zones[n // stores_each % 4])
        for n in range(total)
    )
    OpeningHours.objects.bulk_create(
        (
            OpeningHours(store=store, weekday=day, opens_minute=opens, closes_minute=closes)
            for n, store in enumerate(stores)
            for day in range(7)
            for opens, closes in weeks[n // stores_each // 4 % 4]
        ),
        batch_size=5_000,
    )
    projects = [
        Project.objects.create(connection=connection, arn=project_arn(n), name=f"p{n}")
        for n in range(PROJECTS)
    ]
    versions = ModelVersion.objects.bulk_create(
        ModelVersion(
            project=projects[n % PROJECTS], arn=version_arn(n), name=f"v{n}", status="TRAINING_COMPLETED"
        )
        for n in range(deployments)
    )
    made = Deployment.objects.bulk_create(
        Deployment(name=f"d{n:04d}", connection=connection, live_version=version)
        for n, version in enumerate(versions)
    )
    Assignment.objects.bulk_create(
        Assignment(deployment=made[n // stores_each], store=store) for n, store in enumerate(stores)
    )


def project_arn(n: int) -> str:
    """Return the ARN of the nth project."""
    return f"{ACCOUNT}/p{n}/{CREATED}"


def version_arn(n: int) -> str:
    """Return the ARN of the nth version; ten projects share them."""
    return f"{ACCOUNT}/p{n % PROJECTS}/version/v{n}/{CREATED}"
