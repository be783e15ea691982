"""Rekognition Local as a process of its own. Nothing of it is imported: we meet over HTTP, as with AWS."""

import http.client
import json
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from portal.embedded import processes
from portal.embedded.folder import PROJECT, StateFolder
from portal.embedded.problems import CannotStart

START_SECONDS = 60
ANSWER_SECONDS = 2
LIKE_AWS = ("--start-seconds", "240-1080", "--stop-seconds", "30-120")
BRISK = (
    *("--clock", "scaled", "--scale", "1", "--start-seconds", "15-25", "--stop-seconds", "5-8"),
    *("--training-seconds", "60", "--max-running-models", "10"),
)
CREDENTIAL_VARIABLES = (
    *("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"),
    *("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
)


@dataclass
class Rekognition:
    """The Rekognition Local of one state folder. `pace` are its flags for how long things last."""

    folder: StateFolder
    pace: tuple[str, ...] = LIKE_AWS
    name: str = field(default="rekognition", init=False)
    title: str = field(default="Rekognition Local", init=False)
    # Restarted on the port it had: other processes know the address from their environment.
    port: int = field(default=0, init=False)

    @property
    def data(self) -> Path:
        return self.folder.path / self.name

    @property
    def url(self) -> str:
        return str(self._endpoint().get("url", ""))

    @property
    def buckets(self) -> Path:
        """Return the folder that stands for S3: the one that the environment names, or our own."""
        named = os.environ.get("KAMADO_BUCKETS_DIR", "").strip()
        return Path(named).expanduser().resolve() if named else self.folder.part("s3")

    def start(self) -> bool:
        """Join the server of this folder or start it."""
        pid = self.pid()
        process = pid or self._spawn()
        processes.wait_until(lambda: self.answers() or not processes.is_alive(process), START_SECONDS)
        if not self.answers():
            log = self.folder.log_of(self.name)
            raise CannotStart(
                f"Rekognition Local does not start: {processes.last_complaint(log)} (see {log})"
            )
        self.port = urlsplit(self.url).port or 0
        return pid is None

    def stop(self) -> None:
        if pid := self.pid():
            processes.end(pid, [(signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)])

    def is_alive(self) -> bool:
        return self.pid() is not None

    def version(self) -> str:
        """Return where it answers, which tells more than the version of a part of our own."""
        return f"at {self.url}"

    def answers(self) -> bool:
        """Tell whether it answers over HTTP, whatever it says."""
        if not self.is_alive():
            return False
        try:
            with urlopen(self.url, timeout=ANSWER_SECONDS):  # noqa: S310  the address is our own
                return True
        except HTTPError as refusal:
            refusal.close()
            return True
        except (URLError, OSError, http.client.HTTPException):
            return False

    def pid(self) -> int | None:
        pid = int(self._endpoint().get("pid", 0))
        return pid if pid and processes.runs(pid, "rekognition_local", self.data) else None

    def _endpoint(self) -> dict[str, Any]:
        """Read what it writes once it is ready: its address and pid."""
        try:
            endpoint: dict[str, Any] = json.loads((self.data / "endpoint.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return endpoint

    def _spawn(self) -> int:
        command: processes.Command = [
            *(sys.executable, "-m", "rekognition_local", "serve", "--control", "--port", str(self.port)),
            "--data-dir",
            self.folder.part(self.name),
            "--buckets",
            self.buckets,
            *self.pace,
        ]
        surroundings = processes.Surroundings(self.folder.log_of(self.name))
        return processes.spawn(command, surroundings, folder=PROJECT)


def is_wanted() -> bool:
    """Tell whether Rekognition Local is to be used: no endpoint is named and AWS is not asked for."""
    choice = os.environ.get("KAMADO_REKOGNITION", "").strip().lower() or "local"
    if choice not in {"local", "aws"}:
        raise CannotStart(f"KAMADO_REKOGNITION={choice!r} is neither local nor aws.")
    return choice == "local" and not os.environ.get("AWS_ENDPOINT_URL_REKOGNITION", "").strip()


def environment_for(service: Rekognition) -> dict[str, str]:
    """Return what points our processes to Rekognition Local and to its buckets.

    Where no credentials are named, made-up ones are added, and with them an endpoint for every other AWS
    service, so that they never travel to AWS.
    """
    url = service.url
    added = {"AWS_ENDPOINT_URL_REKOGNITION": url, "KAMADO_BUCKETS_DIR": str(service.buckets)}
    if not has_credentials():
        added |= {
            "AWS_ACCESS_KEY_ID": "kamado-local",
            "AWS_SECRET_ACCESS_KEY": "kamado-local",
            "AWS_ENDPOINT_URL": url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    if not os.environ.get("AWS_REGION") and not os.environ.get("AWS_DEFAULT_REGION"):
        added["AWS_DEFAULT_REGION"] = "ap-northeast-1"
    return added


def has_credentials() -> bool:
    if any(os.environ.get(variable) for variable in CREDENTIAL_VARIABLES):
        return True
    files = {"AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials", "AWS_CONFIG_FILE": "~/.aws/config"}
    return any(Path(os.environ.get(name, usual)).expanduser().exists() for name, usual in files.items())
