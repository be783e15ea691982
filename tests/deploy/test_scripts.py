"""The scripts of deploy/ on releases made of folders; the machine's own programs write down what is asked."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from django.urls import reverse

from detections.domain.batches import MOST_BYTES
from detections.domain.training.amounts import MOST_UPLOAD_BYTES
from portal.embedded.folder import PROJECT
from stores.services.import_reading import MAX_BYTES

DEPLOY = PROJECT / "deploy"
SYSTEMCTL = """
if [ "$1" = list-units ]; then
    for last; do :; done
    case $last in
    kamado-web*) printf 'kamado-web@1.service loaded\\nkamado-web@2.service loaded\\n' ;;
    kamado-worker*) echo 'kamado-worker@1.service loaded' ;;
    esac
    exit 0
fi
echo "$1 $2 by $(basename "$(readlink -f "$KAMADO_CURRENT")")" >> "$TOLD"
case $(readlink -f "$KAMADO_CURRENT") in *broken*) [ "$2" != kamado-web@2.service ] ;; esac
"""
MANAGE = 'echo "$1 of $(basename "$KAMADO_RELEASE")" >> "$TOLD"'


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/bash\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine whose folder has a space in its name, with releases old, fine and broken; old is current."""
    root = tmp_path / "a machine"
    program(root / "bin" / "systemctl", SYSTEMCTL)
    program(root / "bin" / "journalctl", "")
    for release in ("old", "fine", "broken"):
        program(root / release / "deploy" / "kamado", MANAGE)
        program(root / release / ".venv" / "bin" / "gunicorn", "")
    (root / "current").symlink_to(root / "old")
    return root


def roll(machine: Path, release: str) -> tuple[int, list[str]]:
    """Roll out a release; return the exit code and what the machine was told, in order."""
    told = machine / "told"
    environment = {
        "PATH": f"{machine / 'bin'}:{os.environ['PATH']}",
        "KAMADO_CURRENT": str(machine / "current"),
        "TOLD": str(told),
    }
    done = subprocess.run([DEPLOY / "rolling-restart", machine / release], env=environment)
    return done.returncode, told.read_text().splitlines()


def test_roll_migrates_then_restarts_everything_by_the_new_release(machine: Path) -> None:
    assert roll(machine, "fine") == (
        0,
        [
            "check_migrations of fine",
            "migrate of fine",
            "collectstatic of fine",
            "restart kamado-web@1.service by fine",
            "restart kamado-web@2.service by fine",
            "restart kamado-worker@1.service by fine",
        ],
    )


def test_failed_roll_takes_back_every_web_process_and_the_style_sheets(machine: Path) -> None:
    code, told = roll(machine, "broken")
    assert code == 1
    assert told[3:] == [
        "restart kamado-web@1.service by broken",
        "restart kamado-web@2.service by broken",
        "collectstatic of old",
        "restart kamado-web@2.service by old",
        "restart kamado-web@1.service by old",
    ]


def test_commands_run_in_the_home_of_the_portals_user(tmp_path: Path) -> None:
    """In root's home libpq may not look for a certificate, and gives up a connection by TLS."""
    program(tmp_path / "getent", "echo kamado:x:999:999::/var/lib/kamado:/usr/sbin/nologin")
    program(tmp_path / "runuser", 'echo "$HOME $A_SETTING"')
    (tmp_path / "kamado.env").write_text("A_SETTING='two words'\n")
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "HOME": "/root",
        "KAMADO_ENV": str(tmp_path / "kamado.env"),
        "KAMADO_RELEASE": str(tmp_path),
    }
    done = subprocess.run([DEPLOY / "kamado", "check"], env=environment, capture_output=True, text=True)
    assert done.stdout == "/var/lib/kamado two words\n", done.stderr


@pytest.mark.parametrize("secret", ["deploy/kamado.env", "deploy/.env", "deploy/tls/key.pem"])
def test_secrets_of_the_containers_reach_neither_image_nor_repository(secret: str) -> None:
    for name in (".dockerignore", ".gitignore"):
        ignored = [line.strip("/") for line in (PROJECT / name).read_text().split()]
        assert any(secret == line or secret.startswith(f"{line}/") for line in ignored), name


def test_settings_are_installed_for_root_alone() -> None:
    """The proxy's account is in the portal's group, for its sockets; the secret key is not for it."""
    document = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert re.search(
        r"^install --mode 600 \S+/kamado\.env\.example /etc/kamado/kamado\.env$", document, re.MULTILINE
    )
    assert "StateDirectoryMode=0700" in (DEPLOY / "systemd" / "kamado-web@.service").read_text()


@pytest.mark.parametrize(
    ("address", "most"),
    [
        (reverse("batch-new", args=[7]), MOST_BYTES),
        (reverse("training-import", args=[7]), MOST_UPLOAD_BYTES),
        (reverse("stores-import"), MAX_BYTES),
    ],
)
def test_proxy_lets_through_what_a_page_takes(address: str, most: int) -> None:
    proxy = (DEPLOY / "nginx" / "kamado.conf").read_text(encoding="utf-8")
    lifted = re.findall(r"location ~ (\S+) \{\s+client_max_body_size (\d+)m;", proxy)
    assert [int(size) * 2**20 > most for pattern, size in lifted if re.search(pattern, address)] == [True]
