"""Starting, watching and stopping processes, ours or left behind by a run that was killed."""

import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
Command = Sequence[str | Path]
LARGEST_LOG_BYTES = 10 * 1024 * 1024
COMPLAINT = re.compile(r"\b(ERROR|FATAL|PANIC|[Ee]rror|\w+(Error|Exception)):|No space left")
POLL_SECONDS = 0.01

# Our own children by pid: only the parent can tell a finished child from a running one, by waiting for it.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class Account:
    """The system user a process runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a process is started in. `last_signal` is sent to it when its parent dies (Linux only)."""

    log: Path
    account: Account | None = None
    environment: Mapping[str, str] | None = None
    last_signal: signal.Signals | None = None


def spawn(command: Command, surroundings: Surroundings, *, folder: str | Path = "/") -> int:
    """Start `command` in its own session, so that Ctrl-C reaches only us, and return its pid."""
    account = surroundings.account
    keep_small(surroundings.log)
    with surroundings.log.open("ab") as log:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=None if surroundings.environment is None else dict(surroundings.environment),
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=signal_at_parents_death(surroundings.last_signal),
        )
    _children[process.pid] = process
    return process.pid


def run_shown(command: Command, *, folder: Path) -> int:
    """Run `command` on our own terminal and return its exit status. Ctrl-C reaches it through us only."""
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        cwd=folder,
        start_new_session=True,
        preexec_fn=signal_at_parents_death(signal.SIGTERM),
    )
    _children[process.pid] = process
    return wait_for(process.pid)


def signal_at_parents_death(last_signal: signal.Signals | None) -> Callable[[], None] | None:
    """Return what a new child must call before exec to be signalled when this process dies, even by -9."""
    if last_signal is None or sys.platform != "linux":
        return None
    parent, libc = os.getpid(), ctypes.CDLL(None)

    def ask_for_signal() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(last_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask_for_signal


def is_alive(pid: int) -> bool:
    """Tell whether `pid` runs. A zombie does not, even where nobody collects orphans (plain containers)."""
    if child := _children.get(pid):
        return child.poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return sys.platform != "linux"
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def exit_status(pid: int) -> int | None:
    """Return how our child ended: negative for a signal, None while it runs or when it is not ours."""
    child = _children.get(pid)
    return child.poll() if child else None


def runs(pid: int, *words: str | Path) -> bool:
    """Tell whether `pid` is alive and was started with all of `words`: a recycled pid was not."""
    if not is_alive(pid):
        return False
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        shown = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True)
        return all(str(word) in shown.stdout for word in words)
    return all(str(word) in command for word in words)


def wait_until(is_so: Callable[[], bool], seconds: float, *, pause: float = POLL_SECONDS) -> bool:
    """Wait until `is_so()` or the time is over; return which."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def wait_for(pid: int) -> int:
    """Wait for our own child to end and return its exit status; interrupted, end the child as well."""
    try:
        return _children[pid].wait()
    except KeyboardInterrupt:
        end(pid, [(signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0)])
        raise


def end(pid: int, steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send `pid` each signal in turn, waiting so many seconds after each, until it is gone."""
    for step, seconds in steps:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, step)
        if wait_until(lambda: not is_alive(pid), seconds):
            return


def kill_group(pid: int) -> None:
    """Kill whatever is left of the session that `pid` led."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def keep_small(log: Path) -> None:
    """Move a log that has grown too large aside. Writers append, so emptying it under them is safe."""
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)


def last_complaint(log: Path) -> str:
    """Return the last line of a log that complains, or its last line, to say why a program gave up."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace")[-10_000:].strip().splitlines()
    except OSError:
        return ""
    return next((line for line in reversed(lines) if COMPLAINT.search(line)), lines[-1] if lines else "")
