"""Back up, wipe, restore: every table identical by hash, pictures too, and the portal goes on from there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rekognition_local.server import serve
from rekognition_local.settings import Durations, Settings, Span
from tests.embedded.machine import MachineWithAws, begin_with_tables, is_one_sentence
from tests.rekognition_local.local import Local

pytestmark = [pytest.mark.processes, pytest.mark.timeout(400)]
LIVE = """
from datetime import timedelta
from decimal import Decimal
from detections.models import DetectedLabel, Detection, Label
from detections.services.keys import make_key
from detections.wiring import PICTURES
from models_registry.models import Connection, Deployment, ModelVersion, Run
from models_registry.services.deployments import assign_stores, save_deployment
from models_registry.services.spend import rebuild_spend
from models_registry.services.sync import sync_connection
from models_registry.wiring import connect
from portal.base import clock
from portal.base.models import User
from stores.models import Area, Store
from stores.services.hours import replace_week

at = clock.now()
User.objects.create_user("hanako", password="uguisu-pan-2026")
connection = Connection.objects.create(name="Main", region="ap-northeast-1")
sync_connection(connection, at=at, rekognition=connect(connection))
store = Store.objects.create(
    code="komugi", name="Komugi", area=Area.objects.create(name="Tokyo"), timezone="Asia/Tokyo"
)
version = ModelVersion.objects.get(name="v1")
made = save_deployment(Deployment(name="komugi", connection=connection, live_version=version))
assign_stores(deployment=made, stores=[store])
replace_week(store=store, weekly=[[(0, 1440)]] * 7)
make_key(store=store, name="till", author=None)
for day in range(1, 6):
    begun = at - timedelta(days=day)
    Run.objects.create(
        version=version, deployment=made, inference_units=1, requested_at=begun, outcome="STOPPED",
        running_at=begun + timedelta(minutes=9), stop_requested_at=begun + timedelta(hours=5),
        stopping_at=begun + timedelta(hours=5), ended_at=begun + timedelta(hours=5, minutes=1),
    )
rebuild_spend(first_on=(at - timedelta(days=6)).date(), last_on=at.date(), at=at)
melon = Label.objects.create(name="melon")
for number in range(200):
    taken = at - timedelta(minutes=number)
    PICTURES.save(f"komugi/{number}.jpg", bytes([number]) * 500)
    row = Detection.objects.create(
        store=store, deployment=made, version=version, at=taken, taken_at=taken, source="REGISTER",
        picture_key=f"komugi/{number}.jpg", outcome="ANSWERED", picture_sha256=f"{number:064}",
    )
    for box in range(3):
        DetectedLabel.objects.create(
            detection=row, label=melon, store=store, taken_at=taken, confidence=90 - box, left=0.1, top=0.1,
            width=0.1, height=0.1, threshold=50, fate="A",
        )
"""
HASHES = """
import json
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT sequencename, last_value FROM pg_sequences")
    found = {"sequences": sorted(cursor.fetchall())}
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for (name,) in cursor.fetchall():
        cursor.execute(f"SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY t::text)) FROM {name} t")
        found[name] = cursor.fetchone()
    cursor.execute("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal")
    found["triggers"] = cursor.fetchone()
    cursor.execute("SELECT count(*) FROM pg_constraint")
    found["constraints"] = cursor.fetchone()
print(json.dumps(found))
"""
GO_ON = """
import json
from django.db import Error, transaction
from detections.models import Detection, StoreHour
from portal.base.models import AuditEntry, User
from stores.models import Area, Store

newest = Detection.objects.order_by("id").last()
newest.pk = None
newest.save(force_insert=True)
before = AuditEntry.objects.count()
Area.objects.create(name="Osaka")
told = AuditEntry.objects.count() - before
try:
    with transaction.atomic():
        AuditEntry.objects.all().delete()
    is_guarded = False
except Error:
    is_guarded = True
print(json.dumps([newest.pk, told, is_guarded, User.objects.get().check_password("uguisu-pan-2026")]))
"""


@pytest.fixture
def bakery(tmp_path: Path) -> Iterator[MachineWithAws]:
    setup = Settings(
        data_dir=tmp_path / "aws", port=0, durations=Durations(start=Span.parse("3")), control=True
    )
    with serve(setup) as server:
        local = Local(server)
        local.seed(1)
        home = Path(os.environ["KAMADO_TESTS_HOME"]) / "backup"
        made = MachineWithAws(home, endpoint=local.url)
        begin_with_tables(home)
        yield made
        made.clear()
        local.close()


def told(machine: MachineWithAws, script: str) -> object:
    done = machine.manage("shell", "--no-imports", "-c", script)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def pictures(home: Path) -> dict[str, bytes]:
    folder = home / "s3" / "kamado-pictures"
    return {path.name: path.read_bytes() for path in folder.rglob("*.jpg")}


def wipe(home: Path) -> None:
    for name in ("postgres", "s3", "secret_key"):
        path = home / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_what_is_wiped_comes_back_identical_and_goes_on(bakery: MachineWithAws, tmp_path: Path) -> None:
    lived = bakery.manage("shell", "--no-imports", "-c", LIVE)
    assert lived.returncode == 0, lived.stderr
    before, photos, key = (
        told(bakery, HASHES),
        pictures(bakery.home),
        (bakery.home / "secret_key").read_text(),
    )
    assert before["detections_detection"][0] == 200
    assert before["models_registry_run"][0] == 5
    assert before["models_registry_storespend"][0] >= 5

    made = bakery.manage("backup", str(tmp_path / "kept"))
    assert made.returncode == 0, made.stderr
    wipe(bakery.home)
    back = bakery.manage("restore", str(tmp_path / "kept"))

    assert back.returncode == 0, back.stderr
    assert told(bakery, HASHES) == before
    assert (pictures(bakery.home), len(photos)) == (photos, 200)
    assert (bakery.home / "secret_key").read_text() == key
    assert told(bakery, GO_ON) == [201, 1, True, True]
    ticked = bakery.manage("tick")
    assert ticked.returncode == 0, ticked.stderr
    _refuses_what_it_must(bakery, tmp_path / "kept")


def _refuses_what_it_must(bakery: MachineWithAws, kept: Path) -> None:
    """Each in one sentence, and the database as it was."""
    before = told(bakery, HASHES)
    manifest = json.loads((kept / "manifest.json").read_text())
    full = bakery.manage("restore", str(kept))
    again = bakery.manage("backup", str(kept))
    (kept / "manifest.json").write_text(json.dumps(manifest | {"migrations": ["stores.0999_the_future"]}))
    newer = bakery.manage("restore", "--replace", str(kept))
    (kept / "manifest.json").write_text(json.dumps(manifest | {"format": 2}))
    newest = bakery.manage("restore", "--replace", str(kept))
    (kept / "manifest.json").write_text(json.dumps(manifest | {"database_bytes": 2**60}))
    large = bakery.manage("restore", "--replace", str(kept))
    (kept / "manifest.json").write_text(json.dumps(manifest))
    whole = (kept / "database.dump").read_bytes()
    (kept / "database.dump").write_bytes(whole[: len(whole) // 2])
    torn = bakery.manage("restore", "--replace", str(kept))
    (kept / "manifest.json").unlink()
    none = bakery.manage("restore", str(kept))
    scheme = bakery.manage("backup", str(kept.with_name("b")), DATABASE_URL="mysql://kamado@localhost/kamado")
    wanted = {
        "holds data": full, "is there already": again, "does not know stores.0999": newer,
        "newer version": newest, "are free": large, "damaged or cut short": torn, "is no backup": none,
        "must begin with postgresql://": scheme,
    }  # fmt: skip
    for words, done in wanted.items():
        assert words in done.stderr, (words, done.stderr)
        assert is_one_sentence(done), done.stderr
    assert told(bakery, HASHES) == before


def test_torn_dump_that_fits_its_manifest_changes_nothing(bakery: MachineWithAws, tmp_path: Path) -> None:
    """The last line of defence: pg_restore gives up in the middle and the transaction goes with it."""
    bakery.manage("backup", str(tmp_path / "kept"))
    before, file = told(bakery, HASHES), tmp_path / "kept" / "database.dump"
    file.write_bytes(file.read_bytes()[:-3000])
    manifest = json.loads((tmp_path / "kept" / "manifest.json").read_text())
    manifest["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (tmp_path / "kept" / "manifest.json").write_text(json.dumps(manifest))
    torn = bakery.manage("restore", "--replace", str(tmp_path / "kept"))
    assert "Nothing was changed." in torn.stderr
    assert told(bakery, HASHES) == before
