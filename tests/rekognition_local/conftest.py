from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rekognition_local.instants import from_iso
from rekognition_local.server import serve
from rekognition_local.settings import ClockMode, Quotas, Settings
from tests.rekognition_local.local import BUCKET, FIXED, OPENING, Local, error_of
from tests.rekognition_local.trays import fill_bucket


@pytest.fixture(scope="session")
def shared_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    folder = tmp_path_factory.mktemp("rekognition")
    fill_bucket(folder / "s3" / BUCKET)
    settings = Settings(
        data_dir=folder / "data",
        buckets=folder / "s3",
        port=0,
        clock=ClockMode.MANUAL,
        start_at_ms=from_iso(OPENING),
        durations=FIXED,
        quotas=Quotas().without_tps(),
        control=True,
    )
    with serve(settings) as server:
        local = Local(server, folder / "s3")
        yield local
        local.close()


@pytest.fixture
def local(shared_local: Local) -> Local:
    """An empty server on a manual clock that stands at OPENING, with fixed durations and no TPS limits."""
    shared_local.post("reset", {"clock": OPENING})
    return shared_local


@pytest.fixture
def local_with(tmp_path: Path) -> Iterator[Callable[..., Local]]:
    """Start servers with settings of their own."""
    started = []

    def start(**changes: Any) -> Local:
        defaults: dict[str, Any] = {
            "data_dir": tmp_path / f"data{len(started)}",
            "port": 0,
            "clock": ClockMode.MANUAL,
            "start_at_ms": from_iso(OPENING),
            "durations": FIXED,
            "quotas": Quotas().without_tps(),
            "control": True,
        }
        server = serve(Settings(**{**defaults, **changes}))
        started.append((server, Local(server)))
        return started[-1][1]

    yield start
    for server, local in started:
        local.close()
        server.close()


@pytest.fixture
def refused() -> Callable[..., str]:
    """Call and expect a refusal; returns the error's name."""

    def call(function: Callable[..., Any], **parameters: Any) -> str:
        with pytest.raises(ClientError) as caught:
            function(**parameters)
        return error_of(caught.value)

    return call
