"""Everything that can be chosen when the server starts."""

import hashlib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path


class ClockMode(StrEnum):
    IMMEDIATE = "immediate"
    SCALED = "scaled"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Span:
    """How long something lasts, in milliseconds: any value from low to high."""

    low_ms: int
    high_ms: int

    def __post_init__(self) -> None:
        if not 0 <= self.low_ms <= self.high_ms:
            raise ValueError("a span is written N or LOW-HIGH, in seconds, with 0 <= LOW <= HIGH")

    @classmethod
    def parse(cls, text: str) -> "Span":
        """Read `90` or `240-1080` (seconds, fractions allowed)."""
        low, _, high = text.partition("-")
        return cls(round(float(low) * 1000), round(float(high or low) * 1000))

    def draw(self, *, seed: int, key: str) -> int:
        """The same milliseconds for the same seed and key everywhere: a failing run can be repeated."""
        digest = hashlib.sha256(f"{seed}:{key}".encode()).digest()
        fraction = int.from_bytes(digest[:8], "big") / 2**64
        return self.low_ms + int(fraction * (self.high_ms - self.low_ms + 1))


_AT_ONCE = Span(0, 0)
# 4-18 minutes lie inside what AWS's texts give, from "a few minutes" to "up to 30 minutes".
_STARTING = Span(240_000, 1_080_000)
_STOPPING = Span(30_000, 90_000)
_TRAINING = Span(1_800_000, 3_600_000)
_COPYING = Span(60_000, 180_000)
_DELETING = Span(5_000, 5_000)
_DATASET = Span(2_000, 5_000)


@dataclass(frozen=True, slots=True)
class Durations:
    """How long each change of status lasts, on the server's own clock."""

    start: Span = _STARTING
    stop: Span = _STOPPING
    training: Span = _TRAINING
    copy: Span = _COPYING
    delete: Span = _DELETING
    dataset: Span = _DATASET


AT_ONCE = Durations(_AT_ONCE, _AT_ONCE, _AT_ONCE, _AT_ONCE, _AT_ONCE, _AT_ONCE)


@dataclass(frozen=True, slots=True)
class Quotas:
    """Per region.

    Defaults: General Reference, "Amazon Rekognition endpoints and quotas". TPS None is no limit.
    """

    running_models: int = 2
    inference_units: int = 5
    training_jobs: int = 2
    projects: int = 100
    models_per_project: int = 100
    images_per_dataset: int = 250_000
    control_plane_tps: int | None = 5
    tagging_tps: int | None = 10
    detect_tps: int | None = 50

    def without_tps(self) -> "Quotas":
        return replace(self, control_plane_tps=None, tagging_tps=None, detect_tps=None)


@dataclass(frozen=True, slots=True)
class Settings:
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 9900
    account: str = "123456789012"
    clock: ClockMode = ClockMode.SCALED
    scale: float = 1.0
    start_at_ms: int | None = None
    durations: Durations = field(default_factory=Durations)
    quotas: Quotas = field(default_factory=Quotas)
    seed: int = 0
    control: bool = False
    buckets: Path | None = None
    s3_endpoint: str | None = None

    @property
    def clock_scale(self) -> float:
        """Local seconds per real second: none on the manual clock, one on the immediate."""
        return {ClockMode.MANUAL: 0.0, ClockMode.IMMEDIATE: 1.0}.get(self.clock, self.scale)

    @property
    def status_durations(self) -> Durations:
        """On the immediate clock every change is complete at the next look."""
        return AT_ONCE if self.clock == ClockMode.IMMEDIATE else self.durations
