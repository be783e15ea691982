"""State files of older formats: what they hold is still there afterwards."""

import sqlite3
from contextlib import closing
from pathlib import Path

from rekognition_local.server import serve
from rekognition_local.settings import Settings
from rekognition_local.storage import database
from rekognition_local.storage.database import FILE_NAME, SCHEMA_VERSION
from tests.rekognition_local.local import TOKYO, Local

STEM = f"arn:aws:rekognition:{TOKYO}:123456789012:project/breads"


def _write_format_1(path: Path) -> None:
    """A file as the first format wrote it: one project with one stopped version that ran once."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(database._FORMAT_1 + "PRAGMA user_version = 1;")
        connection.execute(
            "INSERT INTO projects (id, region, name, arn, feature, status, created_ms) "
            "VALUES (1, ?, 'breads', ?, 'CUSTOM_LABELS', 'CREATED', 1)",
            (TOKYO, f"{STEM}/1"),
        )
        connection.execute(
            "INSERT INTO versions (project_id, region, name, arn, status, created_ms, facts, starts) "
            "VALUES (1, ?, 'v1', ?, 'STOPPED', 2, '{}', 1)",
            (TOKYO, f"{STEM}/version/v1/2"),
        )
        connection.execute(
            "INSERT INTO runs (version_arn, units, requested_ms, running_ms, stop_requested_ms) "
            "VALUES (?, 1, 0, 0, 60000)",
            (f"{STEM}/version/v1/2",),
        )
        connection.execute("INSERT INTO tags VALUES (?, 'shop', 'ginza')", (f"{STEM}/version/v1/2",))
        connection.commit()


def test_file_of_format_1_is_brought_up_to_date_with_all_it_holds(tmp_path: Path) -> None:
    _write_format_1(tmp_path / FILE_NAME)

    with serve(Settings(data_dir=tmp_path, port=0, control=True)) as server, closing(Local(server)) as local:
        assert local.status(f"{STEM}/version/v1/2") == "STOPPED"
        assert local.metered_minutes() == 1
        tags = local.aws.list_tags_for_resource(ResourceArn=f"{STEM}/version/v1/2")["Tags"]
        assert tags == {"shop": "ginza"}
        made = local.aws.create_dataset(ProjectArn=f"{STEM}/1", DatasetType="TRAIN")
        assert local.dataset_description(made["DatasetArn"])["Status"] == "CREATE_IN_PROGRESS"

    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_migrated_file_has_the_tables_of_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    _write_format_1(tmp_path / "old" / FILE_NAME)

    schemas = []
    for name in ("old", "new"):
        opened = database.Database(tmp_path / name / FILE_NAME)
        rows = opened.connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
        schemas.append([tuple(row) for row in rows])
        opened.close()

    assert schemas[0] == schemas[1]
