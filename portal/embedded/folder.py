"""The state folder (KAMADO_HOME): everything the embedded services keep lies below it."""

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from portal.embedded.problems import CannotStart, explained

PROJECT = Path(__file__).resolve().parent.parent.parent
# macOS allows 103 bytes, Linux 107; the smaller one serves both.
LONGEST_SOCKET_PATH = 103
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
NEEDED_FREE_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StateFolder:
    path: Path

    @classmethod
    def from_environment(cls) -> Self:
        """Find the folder as portal.settings does, without loading Django."""
        text = os.environ.get("KAMADO_HOME", "").strip() or str(PROJECT / "var")
        return cls(Path(text).expanduser().resolve())

    def make(self) -> None:
        """Create the folder, enterable but not listable by others, and make sure that it can be written."""
        try:
            if not self.path.is_dir():
                self.path.mkdir(parents=True)
                self.path.chmod(0o711)
            with tempfile.TemporaryFile(dir=self.path) as probe:
                probe.write(b"written")
        except OSError as error:
            raise explained(error, self.path) or error from error

    def part(self, name: str) -> Path:
        """Return the subfolder `name`, private to the user who runs Kamado."""
        part = self.path / name
        part.mkdir(mode=0o700, exist_ok=True)
        return part

    def log_of(self, name: str) -> Path:
        return self.part("log") / f"{name}.log"

    def refuse_full_disk(self) -> None:
        free = shutil.disk_usage(self.path).free
        if free < NEEDED_FREE_BYTES:
            raise CannotStart(
                f"Only {free // 2**20} MB are free on the disk that holds {self.path}; "
                f"Kamado needs {NEEDED_FREE_BYTES // 2**20} MB. Make room or set KAMADO_HOME to another."
            )

    def keep_secret_key(self) -> None:
        """Write a new secret key unless there is one. Two at once agree on the first."""
        kept = self.path / "secret_key"
        if kept.exists():
            return
        with tempfile.NamedTemporaryFile("w", dir=self.path, encoding="ascii") as draft:
            draft.write(secrets.token_urlsafe(50))
            draft.flush()
            with contextlib.suppress(FileExistsError):
                os.link(draft.name, kept)

    def socket_folder(self, name: str, socket: str) -> Path:
        """Return where the socket of service `name` lies: its data folder, or a short private path.

        Unix sockets take 103 bytes at most, and URLs and PostgreSQL's folder list read spaces, commas and
        other signs in their own ways, so only a short and plain path is used as it is.
        """
        data = self.path / name
        if len(f"{data}/{socket}") <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(str(data)):
            return data
        digest = hashlib.sha256(str(self.path).encode()).hexdigest()[:10]
        short = Path(tempfile.gettempdir()).resolve() / f"kamado-{os.geteuid()}-{digest}" / name
        if len(f"{short}/{socket}") > LONGEST_SOCKET_PATH:
            raise CannotStart(
                f"{data} is too long a path for a socket, and so is {short}. Shorten KAMADO_HOME."
            )
        return short

    def make_socket_folder(self, name: str, socket: str) -> Path:
        """Create the socket folder; refuse one that another user has put in the shared temporary folder."""
        folder = self.socket_folder(name, socket)
        if folder == self.path / name:
            return folder
        folder.parent.mkdir(mode=0o711, exist_ok=True)
        if folder.parent.is_symlink() or folder.parent.stat().st_uid != os.geteuid():
            raise CannotStart(f"{folder.parent} belongs to somebody else. Shorten KAMADO_HOME.")
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def remove_socket_folder(self, name: str, socket: str) -> None:
        """Remove a socket folder in the shared temporary folder, and the one above once it is empty."""
        folder = self.socket_folder(name, socket)
        if folder == self.path / name:
            return
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            folder.parent.rmdir()
