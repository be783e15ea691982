"""What Prometheus is told. Everything is asked of the database at the scrape, so that it is the same
whichever process answers, and nothing is lost when one ends.

Counters of photos begin again at midnight on the clock of most stores, when bakeries sleep: to Prometheus
that is a restart, which `rate()` and `increase()` understand. They follow the log within a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from detections.domain.health import BOUNDS_MS, Health, Histogram
from detections.domain.localhours import Span, begin
from detections.domain.outcomes import FAILURES, Outcome
from detections.selectors.health import chain_health, open_photos
from models_registry.selectors.metrics import FleetNumbers, chain_zone, fleet_numbers
from models_registry.selectors.pulse import pulse
from stores.domain.localtime import local_date


class PortalCollector(Collector):
    """The portal's metrics at one instant; nine queries, however many stores and photos there are."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        at, zone = self._at, chain_zone()
        age = pulse(at).seconds
        if age is not None:
            yield _gauge("kamado_tick_age_seconds", "Seconds since the last finished tick.", age)
        yield from _fleet(fleet_numbers(at=at, month=local_date(zone, at).replace(day=1)))
        waiting = GaugeMetricFamily(
            "kamado_photos_open", "Photos on their way or waiting for their model.", labels=["outcome"]
        )
        for outcome, photos in open_photos().items():
            waiting.add_metric([outcome], photos)
        yield waiting
        yield from _photos(chain_health(since=begin(Span.TODAY, at=at, timezone=zone)))


def _fleet(numbers: FleetNumbers) -> Iterator[Metric]:
    stores = GaugeMetricFamily("kamado_stores", "Stores by the state of their model.", labels=["state"])
    for state, count in numbers.stores.items():
        stores.add_metric([state], count)
    yield stores
    alerts = GaugeMetricFamily("kamado_alerts_open", "Open alerts by what is wrong.", labels=["code"])
    for code, count in sorted(numbers.troubles.items()):
        alerts.add_metric([code], count)
    yield alerts
    yield _gauge("kamado_models_running", "Models that run and are billed now.", numbers.running_models)
    yield _gauge("kamado_inference_units_running", "Their inference units.", numbers.running_units)
    hours = float(numbers.month_unit_minutes) / 60
    yield _gauge("kamado_month_unit_hours", "Inference unit hours billed this month.", hours)
    yield _gauge("kamado_month_spend_usd", "What they have cost, in US dollars.", float(numbers.month_usd))


def _photos(health: Health) -> Iterator[Metric]:
    photos = CounterMetricFamily("kamado_photos", "Photos of today by outcome.", labels=["outcome"])
    errors = CounterMetricFamily(
        "kamado_photo_errors", "Photos of today without an answer, by error.", labels=["outcome", "code"]
    )
    by_outcome = dict.fromkeys(sorted(FAILURES), 0)
    for key, count in sorted(health.errors.items()):
        outcome, _, code = key.partition(":")
        errors.add_metric([outcome, code], count)
        by_outcome[Outcome(outcome)] += count
    for outcome, count in {Outcome.ANSWERED: health.answered, **by_outcome}.items():
        photos.add_metric([outcome], count)
    marks = CounterMetricFamily("kamado_photos_marked", "Answered photos of today by mark.", labels=["mark"])
    for mark in ("shown", "ask", "near_miss", "slow"):
        marks.add_metric([mark], getattr(health, mark))
    yield from (photos, errors, marks)
    # Not a counter: a register may take its correction back.
    yield _gauge("kamado_photos_corrected", "Photos of today that the register corrected.", health.corrected)
    yield _latency("kamado_photo_seconds", "How long answers took.", health.latency, health.total_ms)
    part = "Amazon Rekognition's part of it."
    yield _latency("kamado_rekognition_seconds", part, health.rekognition, health.rekognition_ms)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _latency(name: str, text: str, counts: Histogram, milliseconds: int) -> Metric:
    below = accumulate(counts.get(bucket, 0) for bucket in range(len(BOUNDS_MS)))
    buckets = [(f"{bound / 1000:g}", count) for bound, count in zip(BOUNDS_MS, below, strict=True)]
    # The last bucket also holds what took longer, so that its bound is infinity.
    buckets[-1] = ("+Inf", buckets[-1][1])
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=milliseconds / 1000)
