"""Put trained versions into Rekognition Local, as if trained weeks ago. Its control endpoint, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.error import URLError
from urllib.request import Request, urlopen

from portal.base.errors import PortalError
from portal.home.demo.cast import DeploymentPart


class NoRekognitionLocal(PortalError):
    """The demonstration needs Rekognition Local with its control endpoint."""

    code = "no_rekognition_local"


def seed_versions(endpoint: str, region: str, parts: Iterable[DeploymentPart], *, at: datetime) -> None:
    """Make each part's project with its versions, a fortnight apart, the newest 40 days old."""
    projects = []
    for part in parts:
        born = [at - timedelta(days=40 + 14 * older) for older in reversed(range(part.versions))]
        versions = [
            {"name": f"v{number}", "created_at": _iso(when), "training_seconds": 4_200 + 600 * number}
            for number, when in enumerate(born, start=1)
        ]
        created = born[0] - timedelta(days=3)
        projects.append({"name": part.project, "created_at": _iso(created), "versions": versions})
    _post(f"{endpoint}/_control/seed", {"region": region, "projects": projects})


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _post(url: str, body: object) -> None:
    if not url.startswith(("http://127.0.0.1:", "http://localhost:")):
        raise NoRekognitionLocal("The demonstration only writes to a Rekognition Local on this machine.")
    request = Request(url, data=json.dumps(body).encode(), method="POST")  # noqa: S310  checked just above
    try:
        with urlopen(request, timeout=20):  # noqa: S310
            return
    except (URLError, OSError) as error:
        raise NoRekognitionLocal(
            f"Rekognition Local does not take the demo's models ({error}). Run `manage.py up --demo`."
        ) from error
