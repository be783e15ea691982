"""A state folder with an otherwise empty environment, and what runs there."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from portal.embedded.folder import PROJECT, StateFolder
from portal.embedded.postgres import Postgres
from portal.embedded.processes import is_alive
from portal.embedded.redis import Redis
from tests.embedded.inside import Inside

PATIENCE_SECONDS = 110
"""The other core may be training a model meanwhile."""
# What manage.py does around a command, without the second that Django takes to start.
IN_USE = """
import os, sys, psycopg
from portal.embedded.entry import services_for
with services_for(["manage.py", "shell"]):
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        print(connection.execute("SHOW data_directory").fetchone()[0], flush=True)
    sys.stdin.read()
"""


@dataclass
class Machine:
    """One KAMADO_HOME. Commands run in an environment that names nothing else of ours."""

    home: Path
    port: int = 0
    supervisor: subprocess.Popen[str] | None = None
    output: Path = field(init=False)

    def __post_init__(self) -> None:
        self.output = self.home.with_name(f"{self.home.name[:40]}.out")

    def environment(self, **more: str) -> dict[str, str]:
        path = os.environ["PATH"]
        return {
            "PATH": path,
            "HOME": "/nonexistent",
            "LANG": "C.UTF-8",
            "KAMADO_HOME": str(self.home),
            **more,
        }

    def manage(
        self, *arguments: str, patience: int = PATIENCE_SECONDS, **more: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, PROJECT / "manage.py", *arguments],
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience,
        )

    def hold(self) -> subprocess.Popen[str]:
        """Start a process that keeps the database in use until `let_go`."""
        holder = subprocess.Popen(
            [sys.executable, "-c", IN_USE],
            cwd=PROJECT,
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert holder.stdout.readline().strip() == str(self.home / "postgres")
        return holder

    def start(self, *arguments: str) -> None:
        """Run `up` and wait until it says where it is."""
        self.port = self.port or free_port()
        with self.output.open("w") as output:
            self.supervisor = subprocess.Popen(
                [sys.executable, PROJECT / "manage.py", "up", "--port", str(self.port), *arguments],
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self.wait(lambda: "Kamado is at" in self.said() or self.supervisor.poll() is not None)
        assert self.supervisor.poll() is None, self.said()

    def said(self) -> str:
        return self.output.read_text()

    def answers(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/login/", timeout=10) as answer:
                return answer.status == 200
        except HTTPError as refusal:
            refusal.close()
            return False
        except (URLError, OSError):
            return False

    def wait(self, is_so: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, f"waited in vain; {self.logs()}"
            time.sleep(0.1)

    def logs(self) -> str:
        texts = [self.said() if self.output.exists() else ""]
        for log in sorted(self.home.glob("log/*.log")):
            texts.append(f"--- {log.name}\n{log.read_text()[-1500:]}")
        return "\n".join(texts)

    def running(self, *words: str) -> dict[int, str]:
        """Find the living processes of this folder, by command line or environment, that show all `words`."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            command = text_of(entry / "cmdline")
            ours = str(self.home) in command or f"KAMADO_HOME={self.home} " in text_of(entry / "environ")
            if ours and all(word in command for word in words) and is_alive(int(entry.name)):
                found[int(entry.name)] = command
        return found

    def kill(self, *words: str) -> int:
        """Kill -9 the oldest process that shows all `words`."""
        pid = min(self.running(*words))
        os.kill(pid, signal.SIGKILL)
        return pid

    def clear(self) -> None:
        """Kill whatever a failed test left."""
        for pid in self.running():
            os.kill(pid, signal.SIGKILL)
        if self.supervisor:
            self.supervisor.wait(PATIENCE_SECONDS)
        shutil.rmtree(self.home, ignore_errors=True)


@dataclass
class MachineWithAws(Machine):
    """A machine whose AWS is a server of the test, which nobody kills."""

    endpoint: str = ""
    inside: Inside | None = None

    def environment(self, **more: str) -> dict[str, str]:
        aws = {
            "AWS_ENDPOINT_URL_REKOGNITION": self.endpoint,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }
        return super().environment(**aws, **more)

    def shell(self, script: str) -> str:
        """Run Python in the portal and return what it has printed."""
        if self.inside is None:
            folder = StateFolder(self.home)
            services = {"DATABASE_URL": Postgres(folder).url, "REDIS_URL": Redis(folder).url}
            self.inside = Inside(self.environment(**services))
        return self.inside.run(script)

    def start(self, *arguments: str) -> None:
        if not self.home.exists():
            begin_with_tables(self.home)
        super().start(*arguments)

    def clear(self) -> None:
        if self.inside:
            self.inside.end()
        super().clear()


def begin_with_tables(home: Path) -> None:
    """Give a machine a copy of one migrated database; the tests of the beginning make their own."""
    prepared = Machine(Path(os.environ["KAMADO_TESTS_HOME"]) / "prepared")
    with Path(f"{prepared.home}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not prepared.home.exists():
            done = prepared.manage("export_stores")
            assert done.returncode == 0, done.stderr
    home.mkdir()
    home.chmod(0o711)
    subprocess.run(["cp", "-a", f"{prepared.home}/postgres", f"{home}/postgres"], check=True)


def text_of(path: Path) -> str:
    try:
        return path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def let_go(holder: subprocess.Popen[str]) -> None:
    """Have a holder leave as a command does at its end."""
    holder.communicate(timeout=PATIENCE_SECONDS)
    assert holder.returncode == 0


def is_one_sentence(finished: subprocess.CompletedProcess[str]) -> bool:
    """Tell a refusal that a person can use: exit code 1, one line, no traceback."""
    return finished.returncode == 1 and len(finished.stderr.strip().splitlines()) == 1
