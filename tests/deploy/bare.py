"""A bare Debian 12 of our own: the base system with systemd as process 1, in namespaces of this machine.

Made by debootstrap into a folder that is thrown away. Its files, processes, mounts, host name and services
are its own; only the network is this machine's, so that packages can be fetched.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup/unified" if Path("/sys/fs/cgroup/unified").is_dir() else "/sys/fs/cgroup")
PORTS = (80, 443, 5432, 6379)
NEEDED = ("debootstrap", "unshare", "nsenter", "pivot_root")
UNSHARE = (
    *("unshare", "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child"),
    *("--propagation", "private", "bash", "-c"),
)
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = (f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive")
# What the network of this machine asks of whoever uses it.
LENT = ("/etc/resolv.conf", "/etc/pip.conf", "/usr/local/share/ca-certificates")
BOOT = r"""
set -eu
root=$1
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
for name in null zero full random urandom tty; do
  touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for each in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${each%%:*}" "$root/dev/${each#*:}"; done
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
hostname kamado-bare
cd "$root" && mkdir -p .old && pivot_root . .old
exec chroot . /bin/bash -c 'umount -l /.old && exec /lib/systemd/systemd --system </dev/null'
"""


def reason_against() -> str:
    """Say what keeps this machine from having one inside; empty when nothing does."""
    if os.environ.get("KAMADO_BARE_MACHINE") != "1":
        return "installs Debian packages in a machine of its own; ask for it with KAMADO_BARE_MACHINE=1"
    if os.geteuid() != 0:
        return "needs root, to make the machine's namespaces"
    if missing := [name for name in NEEDED if not shutil.which(name)]:
        return f"needs {', '.join(missing)} (apt-get install debootstrap util-linux)"
    if not (CGROUP / "cgroup.procs").exists():
        return "needs cgroup2, for the machine's systemd"
    if taken := [port for port in PORTS if _is_taken(port)]:
        return f"shares this machine's network, and something listens at {taken} already"
    return ""


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class BareMachine:
    root: Path
    init: subprocess.Popen[bytes]

    @classmethod
    def boot(cls) -> BareMachine:
        """Install the base system and start its systemd."""
        root = Path(tempfile.mkdtemp(prefix="kamado-bare-", dir="/var/tmp"))
        if base := os.environ.get("KAMADO_BARE_BASE"):
            subprocess.run(["cp", "--archive", f"{base}/.", root], check=True)
        else:
            subprocess.run(
                ["debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv", "bookworm", root],
                check=True,
                stdout=subprocess.DEVNULL,
            )
        root.chmod(0o755)
        for path in filter(os.path.exists, LENT):
            subprocess.run(["cp", "--recursive", "--parents", path, root], check=True)
        group = CGROUP / root.name
        group.mkdir()
        init = subprocess.Popen(
            [
                "bash",
                "-c",
                f'echo $$ > {group}/cgroup.procs; exec "$@"',
                "bash",
                *UNSHARE,
                BOOT,
                "bash",
                root,
            ],
            env={"container": "kamado", "TERM": "dumb", "PATH": PATH},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        made = cls(root, init)
        made._wait_for_systemd()
        return made

    def _wait_for_systemd(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.child() and self.run("systemctl is-system-running", check=False).strip() == "running":
                return
            time.sleep(0.5)
        raise AssertionError("systemd did not come up")

    def child(self) -> str:
        """Return the process id, here, of the machine's process 1."""
        children = Path(f"/proc/{self.init.pid}/task/{self.init.pid}/children").read_text().split()
        return children[0] if children else ""

    def run(self, script: str, *, check: bool = True, **variables: str) -> str:
        """Run a script as root in it and return what it printed; a failure shows everything."""
        into = ["nsenter", "-t", self.child(), "-m", "-p", "-u", "-i", "-C", "--root"]
        given = [f"{name}={value}" for name, value in variables.items()]
        done = subprocess.run(
            [
                *into,
                "env",
                "-i",
                "-C",
                "/root",
                *ENVIRONMENT,
                *given,
                "bash",
                "-eu",
                "-o",
                "pipefail",
                "-c",
                script,
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert not check or done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
        return done.stdout

    def clear(self) -> None:
        """End every process in it and throw its disk away."""
        if self.child():
            self.run("systemctl halt --force --force", check=False)
        self.init.kill()
        self.init.wait()
        group = CGROUP / self.root.name
        for each in sorted(group.rglob("*"), reverse=True):
            if each.is_dir():
                _removed(each)
        _removed(group)
        shutil.rmtree(self.root, ignore_errors=True)


def _removed(group: Path) -> None:
    """Remove an empty control group; the kernel may take a moment to see that its last process is gone."""
    for _ in range(50):
        try:
            group.rmdir()
        except OSError:
            time.sleep(0.1)
        else:
            return
