"""What a backup keeps and brings back: its folder may change under it; what comes is whole or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from portal.base.models import User
from portal.home.backup.folder import back_up, bring_back, restore_key
from portal.home.backup.postgres import EMPTY, BackupProblem


@pytest.fixture
def home(db: None, tmp_path: Path, settings: Any) -> Path:
    settings.KAMADO_HOME = tmp_path / "home"
    settings.PICTURES_DIR = tmp_path / "home" / "pictures"
    for number in range(3):
        picture = settings.PICTURES_DIR / "komugi" / f"{number}.jpg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_bytes(bytes([number]) * 500)
    return tmp_path / "home"


def test_picture_that_goes_meanwhile_does_not_spoil_the_backup(home: Path, tmp_path: Path) -> None:
    """A name without a file is how one looks that retention has taken between listing and copying."""
    (home / "pictures" / "komugi" / "gone.jpg").symlink_to(home / "nowhere")
    made = back_up(tmp_path / "kept", at=timezone.now())
    assert (made.pictures, made.pictures_bytes) == (3, 1500)


@pytest.mark.parametrize("harm", ["cut", "lost"])
def test_picture_that_is_cut_short_or_lost_is_refused(home: Path, tmp_path: Path, harm: str) -> None:
    back_up(tmp_path / "kept", at=timezone.now())
    picture = tmp_path / "kept" / "pictures" / "komugi" / "1.jpg"
    picture.write_bytes(b"1") if harm == "cut" else picture.unlink()
    with pytest.raises(BackupProblem, match="Copy it again, whole"):
        bring_back(tmp_path / "kept", replaces=True)


def test_pictures_that_find_no_place_leave_the_database_as_it_was(home: Path, tmp_path: Path) -> None:
    back_up(tmp_path / "kept", at=timezone.now())
    User.objects.create_user("hanako")
    place = home / "pictures" / "komugi"
    for picture in place.iterdir():
        picture.unlink()
    place.rmdir()
    place.write_text("a file where the folder belongs")
    with pytest.raises(BackupProblem, match="the database is as it was"):
        bring_back(tmp_path / "kept", replaces=True)
    assert User.objects.filter(username="hanako").exists()


@pytest.mark.parametrize(("given", "is_used"), [("", True), ("the-key", True), ("another", False)])
def test_key_of_the_backup_counts_unless_the_environment_has_another(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, is_used: bool
) -> None:
    (tmp_path / "secret_key").write_text("the-key\n")
    monkeypatch.setenv("KAMADO_SECRET_KEY", given)
    assert restore_key(tmp_path) is is_used
    assert (home / "secret_key").read_text() == "the-key\n"


@pytest.mark.django_db
def test_emptying_the_database_says_nothing(db: None) -> None:
    """What psql says waits in a pipe of 64 kB until it ends: notices of what is dropped could fill it."""
    said: list[str] = []
    connection.ensure_connection()
    connection.connection.add_notice_handler(lambda notice: said.append(f"{notice.message_primary}"))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(EMPTY.decode())
        transaction.set_rollback(True)
    assert said == []
