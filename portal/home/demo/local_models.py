"""Put trained versions into Rekognition Local, as if trained weeks ago. Its control endpoint, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from urllib.error import URLError
from urllib.request import Request, urlopen

from portal.base.errors import PortalError
from portal.home.demo.cast import DeploymentPart


class NoRekognitionLocal(PortalError):
    """The demonstration needs Rekognition Local with its control endpoint."""

    code = "no_rekognition_local"


def seed_versions(
    endpoint: str,
    region: str,
    parts: Iterable[DeploymentPart],
    *,
    at: datetime,
    lesson_of: Callable[[DeploymentPart], dict[str, str]],
) -> None:
    """Make each part's project with its versions, a fortnight apart, the newest 40 days old.

    The newest learns its lesson from now on; the older ones are memories and have nothing to see with.
    """
    projects = []
    for part in parts:
        born = [at - timedelta(days=40 + 14 * older) for older in reversed(range(part.versions))]
        versions: list[dict[str, object]] = [
            {"name": f"v{number}", "created_at": _iso(when), "training_seconds": 4_200 + 600 * number}
            for number, when in enumerate(born, start=1)
        ]
        versions[-1] |= lesson_of(part)
        created = born[0] - timedelta(days=3)
        projects.append({"name": part.project, "created_at": _iso(created), "versions": versions})
    _post(f"{endpoint}/_control/seed", {"region": region, "projects": projects})


def work_going_on(endpoint: str) -> list[float]:
    """How far each training has come, 0-1; empty when nothing goes on any more."""
    try:
        with urlopen(f"{_checked(endpoint)}/_control/work", timeout=20) as answer:  # noqa: S310
            return [job["progress"] or 0.0 for job in json.load(answer)["jobs"]]
    except (URLError, OSError) as error:
        raise NoRekognitionLocal(f"Rekognition Local is gone while its models learn ({error}).") from error


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _checked(url: str) -> str:
    if not url.startswith(("http://127.0.0.1:", "http://localhost:")):
        raise NoRekognitionLocal("The demonstration only speaks to a Rekognition Local on this machine.")
    return url


def _post(url: str, body: object) -> None:
    request = Request(_checked(url), data=json.dumps(body).encode(), method="POST")  # noqa: S310  just checked
    try:
        with urlopen(request, timeout=20):  # noqa: S310
            return
    except (URLError, OSError) as error:
        raise NoRekognitionLocal(
            f"Rekognition Local does not take the demo's models ({error}). Run `manage.py up --demo`."
        ) from error
