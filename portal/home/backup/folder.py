"""A backup is a folder: database, pictures, the secret key where the portal keeps it, and a manifest."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from portal.home.backup import postgres
from portal.home.backup.postgres import BackupProblem

FORMAT = 1
DATABASE, PICTURES, KEY, MANIFEST = "database.dump", "pictures", "secret_key", "manifest.json"
# Rows that only people and work bring; what migrations seed does not count.
TELLING = ("base_user", "stores_store", "models_registry_run", "detections_detection")
IN_USE = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds; `pictures` is None where they are in a bucket on S3."""

    format: int
    made_at: str
    postgres: int
    migrations: list[str]
    sha256: str
    database_bytes: int
    pictures: int | None
    pictures_bytes: int


def back_up(to: Path, *, at: datetime) -> Manifest:
    """Write a backup beside its place and move it there once it is whole.

    The database first: a picture is kept before its row is, so every row of the dump finds its picture.
    """
    if to.exists():
        raise BackupProblem(
            f"{to} is there already. Name a folder that is not; old backups are never overwritten."
        )
    draft = to.with_name(f".{to.name}.unfinished")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        _refuse_full_disk(to.parent, postgres.database_bytes() // 4 + _size(settings.PICTURES_DIR)[1])
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        postgres.dump(draft / DATABASE)
        made = _filled(draft, at=at)
        (draft / MANIFEST).write_text(json.dumps(asdict(made), indent=1) + "\n", encoding="utf-8")
        draft.rename(to)
    except OSError as error:
        raise BackupProblem(
            f"{to} cannot be written: {error.strerror}. Free space or name another."
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return made


def _filled(draft: Path, *, at: datetime) -> Manifest:
    """Copy what is beside the database and describe everything."""
    is_folder = not settings.PICTURES_BUCKET
    if is_folder and settings.PICTURES_DIR.is_dir():
        _copy_living(settings.PICTURES_DIR, draft / PICTURES)
    key = settings.KAMADO_HOME / KEY
    if key.exists() and key.read_text(encoding="ascii").strip() == settings.SECRET_KEY:
        shutil.copy2(key, draft / KEY)
    count, size = _size(draft / PICTURES)
    return Manifest(
        format=FORMAT,
        made_at=at.isoformat(),
        postgres=postgres.server_version(),
        migrations=sorted(f"{app}.{name}" for app, name in MigrationLoader(connection).applied_migrations),
        sha256=_digest(draft / DATABASE),
        database_bytes=postgres.database_bytes(),
        pictures=count if is_folder else None,
        pictures_bytes=size,
    )


def _copy_living(folder: Path, to: Path) -> None:
    """Copy the pictures that are there. One that retention takes meanwhile is missed by nobody."""
    for path in folder.rglob("*"):
        if path.name.startswith(".draft-") or not path.is_file():
            continue
        copy = to / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(path, copy)
        except FileNotFoundError:
            copy.unlink(missing_ok=True)


def bring_back(source: Path, *, replaces: bool) -> Manifest:
    """Put a backup in the place of what is there; every refusal comes before anything is changed."""
    manifest = read_manifest(source)
    _refuse_other_versions(manifest)
    _refuse_damage(source, manifest)
    _refuse_living_data(replaces=replaces)
    home = settings.KAMADO_HOME
    _refuse_full_disk(home, manifest.database_bytes + manifest.pictures_bytes)
    if (source / PICTURES).is_dir() and not settings.PICTURES_BUCKET:
        # A picture is never changed once it is kept: one that is here already is the same. Before the rows,
        # as everywhere: should the disk not take them, nothing has changed.
        try:
            shutil.copytree(source / PICTURES, settings.PICTURES_DIR, dirs_exist_ok=True)
        except OSError as error:
            raise BackupProblem(
                f"Not every picture could be written to {settings.PICTURES_DIR}; the database is as it was. "
                "See that the folder may be written and has room, and restore again."
            ) from error
    postgres.restore(source / DATABASE)
    return manifest


def restore_key(source: Path) -> bool:
    """Put the backup's secret key in its place; tell whether the portal will start with it."""
    if not (source / KEY).exists():
        return False
    shutil.copy2(source / KEY, settings.KAMADO_HOME / KEY)
    given = os.environ.get("KAMADO_SECRET_KEY", "").strip()
    return given in {"", (source / KEY).read_text(encoding="ascii").strip()}


def read_manifest(source: Path) -> Manifest:
    try:
        facts: dict[str, Any] = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
        if facts["format"] > FORMAT:
            raise BackupProblem(f"{source} was made by a newer version of Kamado. Restore it with that one.")
        return Manifest(**facts)
    except FileNotFoundError as error:
        raise BackupProblem(
            f"{source} is no backup: it has no {MANIFEST}. Name the folder that manage.py backup made."
        ) from error
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise BackupProblem(f"{source / MANIFEST} cannot be read. Take another backup.") from error


def _refuse_other_versions(manifest: Manifest) -> None:
    known = {f"{app}.{name}" for app, name in MigrationLoader(connection).disk_migrations}
    # An app's squashed or removed migrations are history; what this release has never heard of is the future.
    if unknown := sorted(set(manifest.migrations) - known):
        raise BackupProblem(
            f"The backup is of a newer version of Kamado: this one does not know {unknown[-1]}. "
            "Install the version that made it, restore there, and upgrade from it."
        )
    if manifest.postgres > (here := postgres.server_version()):
        raise BackupProblem(
            f"The backup is of PostgreSQL {manifest.postgres} and this server is {here}. "
            f"Restore it to {manifest.postgres} or newer."
        )


def _refuse_damage(source: Path, manifest: Manifest) -> None:
    if not (source / DATABASE).exists() or _digest(source / DATABASE) != manifest.sha256:
        raise BackupProblem(
            f"{source / DATABASE} is damaged or cut short. Copy it again, or take another backup."
        )
    found, size = _size(source / PICTURES)
    if manifest.pictures and (found, size) != (manifest.pictures, manifest.pictures_bytes):
        raise BackupProblem(
            f"{source / PICTURES} holds {found} files of {size} bytes instead of {manifest.pictures} of "
            f"{manifest.pictures_bytes}. Copy it again, whole."
        )


def _refuse_living_data(*, replaces: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(IN_USE)
        if others := cursor.fetchone()[0]:
            raise BackupProblem(
                f"{others} others use the database. Stop the portal and wait for its end: "
                "systemctl stop kamado.target 'kamado-*.service'."
            )
        tables = set(connection.introspection.table_names(cursor))
        for table in TELLING:
            if replaces or table not in tables:
                continue
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")  # noqa: S608  our own names
            if cursor.fetchone()[0]:
                raise BackupProblem(
                    "The database holds data that would be lost. Back it up, then say --replace, "
                    "or name an empty one in DATABASE_URL."
                )


def _refuse_full_disk(folder: Path, needed: int) -> None:
    if (free := shutil.disk_usage(folder).free) < needed:
        raise BackupProblem(
            f"{needed // 2**20} MB are needed and {free // 2**20} MB are free on the disk of {folder}. "
            "Make room, or name a folder on another disk."
        )


def _size(folder: Path) -> tuple[int, int]:
    """Return the number of files below a folder and their bytes."""
    sizes = []
    for path in folder.rglob("*"):
        # In the living folder a picture may go between its name and its size.
        with suppress(FileNotFoundError):
            if path.is_file():
                sizes.append(path.stat().st_size)
    return len(sizes), sum(sizes)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
