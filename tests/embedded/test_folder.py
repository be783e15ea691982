"""The state folder: its secret, its sockets, its room, its logs."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portal.embedded import processes
from portal.embedded.folder import LONGEST_SOCKET_PATH, StateFolder
from portal.embedded.problems import CannotStart


@pytest.fixture
def folder(tmp_path) -> StateFolder:
    folder = StateFolder(tmp_path / "home")
    folder.make()
    return folder


def test_secret_key_is_private_and_stays(folder):
    folder.keep_secret_key()
    kept = folder.path / "secret_key"
    first = kept.read_text()
    folder.keep_secret_key()
    assert kept.read_text() == first
    assert len(first) > 50
    assert kept.stat().st_mode & 0o777 == 0o600


def test_concurrent_makers_agree_on_one_secret_key(folder):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: folder.keep_secret_key(), range(8)))
    assert [path.name for path in folder.path.iterdir()] == ["secret_key"]


def test_folder_lets_others_pass_but_not_list(folder):
    assert folder.path.stat().st_mode & 0o777 == 0o711
    assert folder.part("log").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("home", ["/srv/" + "kamado" * 30, "/srv/竈", "/srv/my oven", "/srv/a,b"])
def test_awkward_path_has_its_sockets_elsewhere(home):
    sockets = StateFolder(Path(home)).socket_folder("redis", "redis.sock")
    assert len(f"{sockets}/redis.sock") <= LONGEST_SOCKET_PATH
    assert not str(sockets).startswith("/srv")


def test_plain_path_has_its_sockets_inside():
    assert StateFolder(Path("/srv/kamado")).socket_folder("redis", "redis.sock") == Path("/srv/kamado/redis")


def test_awkward_paths_do_not_share_sockets():
    one, other = (StateFolder(Path(f"/srv/{letter}" + "x" * 120)) for letter in "ab")
    assert one.socket_folder("redis", "r") != other.socket_folder("redis", "r")


def test_nearly_full_disk_is_one_sentence(folder, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 5_000_000))
    with pytest.raises(CannotStart, match="Only 4 MB are free"):
        folder.refuse_full_disk()


def test_large_log_is_set_aside_under_its_writer(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "LARGEST_LOG_BYTES", 10)
    log = tmp_path / "web.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"a long line\n")
        processes.keep_small(log)
        writer.write(b"next\n")
    assert log.read_bytes() == b"next\n"
    assert (tmp_path / "web.log.1").read_bytes() == b"a long line\n"
