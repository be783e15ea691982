"""Fleet = areas = stores = runs = Rekognition Local's meter, to the cent and the minute.

Random fleets over clock changes, shared deployments, units, prices and allocation rules are metered by
Rekognition Local's own rule; a story over HTTP is metered by its running meter.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detections.models import StoreHour
from models_registry.domain.allocation import Rule
from models_registry.domain.overrides import OverrideKind
from models_registry.domain.spend_table import table_of_areas, table_of_deployments, table_of_stores
from models_registry.gateways.aws import Account, AwsRekognition
from models_registry.models import (
    AllocationRule,
    AllocationShare,
    Assignment,
    Connection,
    Deployment,
    ExchangeRate,
    ModelVersion,
    Override,
    PriceRate,
    Project,
    Run,
    RunShare,
    SpendCause,
    StoreSpend,
)
from models_registry.selectors.run_shares import run_lines, shares_shown
from models_registry.selectors.spend_levels import Wanted, billed, store_lines
from models_registry.services.needs import freeze_needs
from models_registry.services.spend import rebuild_spend
from models_registry.services.sync import sync_connection
from models_registry.services.tick import run_tick
from portal.base import clock
from portal.base.currency import USD, Currency
from rekognition_local.meter import read_run
from rekognition_local.server import serve
from rekognition_local.settings import ClockMode, Durations, Quotas, Settings, Span
from rekognition_local.storage.records import Run as MeteredRun
from stores.models import Area, OpeningHours, Role, Store
from tests.rekognition_local.local import Local

OCTOBER, AFTER = date(2026, 10, 1), datetime(2026, 11, 3, tzinfo=UTC)
FIRST = datetime(2026, 10, 2, tzinfo=UTC)
ZONES = ("Asia/Tokyo", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu")
HOURS = ((420, 1140), (1080, 1560), (0, 1440), (600, 660))
DEARER_FROM = datetime(2026, 10, 15, 3, 30, tzinfo=UTC)
YEN = Currency("JPY", Decimal("155.25"), 0)


def usd_a_minute(at: datetime) -> Decimal:
    return Decimal("4.56" if at >= DEARER_FROM else "4.00") / 60


class Fleet:
    """A random fleet whose runs are over, and what Rekognition Local's meter says of them."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.draw = draw
        self.minutes, self.usd = 0, Decimal(0)
        PriceRate.objects.create(kind="INFERENCE", usd_per_hour=Decimal("4.56"), valid_from=DEARER_FROM)
        self.connection = Connection.objects.create(name="Main", region="ap-northeast-1")
        areas = [Area.objects.create(name=f"Area {index}") for index in range(draw(st.integers(1, 3)))]
        self.deployments = [self._deployment(index) for index in range(draw(st.integers(1, 3)))]
        for index in range(draw(st.integers(1, 5))):
            self._store(index, draw(st.sampled_from(areas)))
        for deployment in self.deployments:
            self._rules(deployment)
            self._runs(deployment)

    def _deployment(self, index: int) -> Deployment:
        arn = f"arn:aws:rekognition:ap-northeast-1:123456789012:project/d{index}"
        project = Project.objects.create(connection=self.connection, arn=f"{arn}/1", name=f"d{index}")
        version = ModelVersion.objects.create(
            project=project, arn=f"{arn}/version/v1/1", name="v1", status="STOPPED"
        )
        return Deployment.objects.create(
            name=f"d{index}", connection=self.connection, live_version=version,
            min_inference_units=self.draw(st.integers(1, 3)),
        )  # fmt: skip

    def _store(self, index: int, area: Area) -> None:
        zone = self.draw(st.sampled_from(ZONES))
        store = Store.objects.create(code=f"s{index}", name=f"s{index}", area=area, timezone=zone)
        opens, closes = self.draw(st.sampled_from(HOURS))
        OpeningHours.objects.bulk_create(
            OpeningHours(store=store, weekday=day, opens_minute=opens, closes_minute=closes)
            for day in range(7)
        )
        Assignment.objects.create(deployment=self.draw(st.sampled_from(self.deployments)), store=store)
        for day in self.draw(st.lists(st.integers(2, 30), max_size=3, unique=True)):
            counts = dict.fromkeys(
                ("failed", "slow", "near_miss", "ask", "corrected", "shown", "total_ms"), 0
            )
            StoreHour.objects.create(
                store=store, hour=datetime(2026, 10, day, 5, tzinfo=UTC), requests=9,
                answered=self.draw(st.integers(1, 9)), rekognition_ms=0, **counts,
            )  # fmt: skip

    def _rules(self, deployment: Deployment) -> None:
        stores = list(Store.objects.filter(assignment__deployment=deployment).order_by("pk"))
        for day in self.draw(st.lists(st.integers(1, 28), max_size=2, unique=True)):
            rule = AllocationRule.objects.create(
                deployment=deployment, valid_from=date(2026, 10, day), rule=self.draw(st.sampled_from(Rule))
            )
            cuts = sorted(self.draw(st.lists(st.integers(0, 10_000), min_size=max(0, len(stores) - 1),
                                             max_size=max(0, len(stores) - 1))))  # fmt: skip
            for store, low, high in zip(stores, [0, *cuts], [*cuts, 10_000], strict=False):
                AllocationShare.objects.create(rule=rule, store=store, weight=high - low)

    def _runs(self, deployment: Deployment) -> None:
        at = FIRST
        if not deployment.assignments.exists():
            return  # nobody's run has no address
        for _ in range(self.draw(st.integers(0, 4))):
            at += timedelta(seconds=self.draw(st.integers(0, 5 * 86_400)))
            stop = at + timedelta(seconds=self.draw(st.integers(0, 40 * 3600)))
            self._run(deployment, at, stop, self.draw(st.integers(1, 3)))
            at = stop

    def _run(self, deployment: Deployment, at: datetime, stop: datetime, units: int) -> None:
        version = deployment.live_version
        assert version is not None
        run = Run.objects.create(
            version=version, deployment=deployment, inference_units=units, requested_at=at, accepted_at=at,
            running_at=at, stop_requested_at=stop, stopping_at=stop, ended_at=stop, outcome="STOPPED",
        )  # fmt: skip
        freeze_needs(run.pk)
        running, stopped = (int(each.timestamp() * 1000) for each in (at, stop))
        metered = MeteredRun(version.arn, units, running, running, stopped, stopped)
        minutes = read_run(metered, at_ms=stopped + 1).billable_minutes
        self.minutes += minutes
        self.usd += (minutes * usd_a_minute(at)).quantize(Decimal("0.000001"))


@pytest.mark.django_db
@settings(
    max_examples=12, deadline=None, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(st.data())
def test_random_fleet_adds_up_to_the_meter(data: st.DataObject) -> None:
    with transaction.atomic():
        fleet = Fleet(data.draw)
        rebuild_spend(first_on=OCTOBER, last_on=date(2026, 10, 31), at=AFTER)
        the_books_are_the_meters(fleet)
        every_difference_is_explained()
        for currency in (USD, YEN):
            every_level_shows_the_sum_of_the_one_below(fleet, currency)
        transaction.set_rollback(True)


def the_books_are_the_meters(fleet: Fleet) -> None:
    for model in (StoreSpend, RunShare):
        sums = model.objects.aggregate(usd=Sum("usd"), minutes=Sum("billed_minutes"))
        assert (sums["usd"] or 0) == fleet.usd
        assert round(sums["minutes"] or 0) == fleet.minutes


def every_difference_is_explained() -> None:
    for row in StoreSpend.objects.order_by("pk"):
        causes = SpendCause.objects.filter(store=row.store_id, deployment=row.deployment_id, on=row.on)
        assert (causes.aggregate(usd=Sum("usd"))["usd"] or 0) == row.usd - row.planned_usd


def every_level_shows_the_sum_of_the_one_below(fleet: Fleet, currency: Currency) -> None:
    wanted = Wanted(OCTOBER, AFTER, AFTER.date())
    lines, shown = store_lines(Store.objects.order_by("code"), wanted), billed(wanted, currency)
    areas = table_of_areas(lines, shown, currency, "-usd")
    assert areas.total.actual == currency.rounded(fleet.usd)
    assert areas.total.minutes == fleet.minutes
    for area in areas.rows:
        own = [line for line in lines if line.store.area_id == area.key]
        stores = table_of_stores(own, shown, currency, "code")
        assert stores.total.actual == area.shown.actual
        for line, store in zip(own, stores.rows, strict=True):
            deployments = table_of_deployments(line, {}, shown, currency, "code")
            assert deployments.total.actual == store.shown.actual
            assert deployments.total.minutes == store.shown.minutes
            for row in deployments.rows:
                runs = run_lines(Store.objects.get(pk=store.key), row.key, wanted)
                parts = shares_shown(runs, row.shown.actual, currency)
                assert sum(parts.values()) == row.shown.actual
                assert all(
                    abs(parts[each.run.pk] - currency.of(each.usd)) < 2 * currency.step for each in runs
                )


BERLIN_SATURDAY = datetime(2026, 10, 24, tzinfo=UTC)
START, STOP = 540, 60


@pytest.fixture
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    made = Settings(
        data_dir=tmp_path_factory.mktemp("meter"), port=0, clock=ClockMode.MANUAL, control=True,
        durations=Durations(start=Span.parse(str(START)), stop=Span.parse(str(STOP))),
        quotas=Quotas().without_tps(),
    )  # fmt: skip
    with serve(made) as server:
        client = Local(server)
        yield client
        client.close()


class Weekend:
    """Berlin's 25 hours and a shop in Tokyo on one deployment, a second one alone; ticks where it matters."""

    def __init__(self, local: Local) -> None:
        local.post("reset", {"clock": BERLIN_SATURDAY.isoformat()})
        self.local, self.at = local, BERLIN_SATURDAY
        self.arns = {name: local.version(project=name) for name in ("mitte", "shared")}
        account = Account("ap-northeast-1", endpoint_url=local.url, calls_per_second=1000, read_attempts=1)
        self.rekognition = AwsRekognition(account)
        self.connection = Connection.objects.create(
            name="Main", region="ap-northeast-1", control_plane_tps=1000
        )
        sync_connection(self.connection, at=self.at, rekognition=self.rekognition)
        europe, japan = Area.objects.create(name="Europe"), Area.objects.create(name="Japan")
        self.mitte = self._store("mitte", europe, "Europe/Berlin", 420, 1140)
        self.pankow = self._store("pankow", europe, "Europe/Berlin", 1080, 1560)
        self.asakusa = self._store("asakusa", japan, "Asia/Tokyo", 420, 1140)
        self.alone = self._deployment("mitte", self.mitte)
        self.shared = self._deployment("shared", self.pankow, self.asakusa)

    def _store(self, code: str, area: Area, zone: str, opens: int, closes: int) -> Store:
        store = Store.objects.create(code=code, name=code.title(), area=area, timezone=zone)
        OpeningHours.objects.bulk_create(
            OpeningHours(store=store, weekday=day, opens_minute=opens, closes_minute=closes)
            for day in range(7)
        )
        return store

    def _deployment(self, name: str, *stores: Store) -> Deployment:
        made = Deployment.objects.create(
            name=name, connection=self.connection, uses_learned_lead=False,
            live_version=ModelVersion.objects.get(arn=self.arns[name]),
        )  # fmt: skip
        Assignment.objects.bulk_create(Assignment(deployment=made, store=store) for store in stores)
        return made

    def to(self, day: int, hour: int, minute: int = 0) -> None:
        """Go to an instant of October (UTC) by ticks: each half hour, and when a start is at its end."""
        until = datetime(2026, 10, day, hour, minute, tzinfo=UTC)
        while self.at < until:
            half = self.at.replace(minute=self.at.minute // 30 * 30, second=0)
            is_starting = Run.objects.filter(running_at=None, ended_at=None).exists()
            steps = (START - 5, START, 1800) if is_starting else (1800,)
            instants = (half + timedelta(seconds=step) for step in steps)
            self._go(min(until, next(instant for instant in instants if instant > self.at)))

    def stop_by_hand(self, name: str) -> None:
        """Stop a model in AWS, and look."""
        self.local.stop(self.arns[name])
        self._go(self.at)

    def _go(self, at: datetime) -> None:
        self.local.advance((at - self.at).total_seconds())
        self.at = at
        run_tick(at=at, connect=lambda connection: self.rekognition)

    def meter(self) -> tuple[int, Decimal]:
        """Return minutes and money by the meter: each run at the price of the instant it began to run."""
        runs = [run for version in self.local.get("meter")["versions"] for run in version["run_list"]]
        began = [(run["billable_minutes"], datetime.fromisoformat(run["running_at"])) for run in runs]
        prices = [minutes * self._usd_a_minute(at) for minutes, at in began]
        return sum(minutes for minutes, _ in began), sum(
            (price.quantize(Decimal("0.000001")) for price in prices), Decimal(0)
        )

    def _usd_a_minute(self, at: datetime) -> Decimal:
        return Decimal("5.00" if at >= datetime(2026, 10, 25, tzinfo=UTC) else "4.00") / 60


@pytest.mark.django_db
def test_weekend_on_rekognition_local_adds_up_to_its_meter(
    local: Local, sign_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    weekend = Weekend(local)
    PriceRate.objects.create(kind="INFERENCE", usd_per_hour=5, valid_from=datetime(2026, 10, 25, tzinfo=UTC))
    AllocationRule.objects.create(deployment=weekend.shared, valid_from=date(2026, 10, 25), rule="EVEN")
    weekend.to(24, 17)
    Override.objects.create(
        store=weekend.mitte, kind=OverrideKind.RUN, starts_at=weekend.at, why="festival",
        ends_at=datetime(2026, 10, 24, 19, 30, tzinfo=UTC),
    )  # fmt: skip
    weekend.to(24, 23)
    weekend.alone.min_inference_units = 2
    weekend.alone.save(update_fields=["min_inference_units"])
    weekend.to(26, 12)
    weekend.stop_by_hand("mitte")
    weekend.to(27, 6)
    rebuild_spend(first_on=date(2026, 10, 23), last_on=date(2026, 10, 28), at=weekend.at)
    minutes, usd = weekend.meter()
    assert Run.objects.filter(inference_units=2).exists()
    assert Run.objects.filter(allocation="EVEN").exists()
    sums = StoreSpend.objects.aggregate(usd=Sum("usd"), minutes=Sum("billed_minutes"))
    assert (sums["usd"], round(sums["minutes"])) == (usd, minutes)
    causes = set(SpendCause.objects.values_list("cause", flat=True))
    assert {"OVERRIDE", "UNITS", "EARLY_STOP"} <= causes
    ExchangeRate.objects.create(currency="JPY", per_usd=Decimal("155.25"), valid_from=date(2026, 10, 1))
    monkeypatch.setattr(clock, "now", lambda: weekend.at)
    hq = sign_in("hanako", Role.HQ)
    hq.post("/spend/currency/", {"currency": "JPY"})
    for column, total in (
        ("actual_usd", usd.quantize(Decimal("0.01"))),
        ("actual_jpy", (usd * Decimal("155.25")).quantize(Decimal(1))),
        ("actual_minutes", Decimal(minutes)),
    ):
        the_files_add_up(hq, column, total)


def the_files_add_up(hq: Client, column: str, total: Decimal) -> None:
    """Every level's file adds up to the line of the one above, and the fleet's to the meter."""
    month = "?month=2026-10"
    areas = lines(hq, f"/spend/areas.csv{month}")
    assert Decimal(areas[-1][column]) == total == column_sum(areas, column)
    for area in areas[:-1]:
        stores = lines(hq, f"/spend/areas/{Area.objects.get(name=area['name']).pk}/stores.csv{month}")
        assert Decimal(area[column]) == column_sum(stores, column)
        for store in stores[:-1]:
            own = lines(hq, f"/spend/stores/{store['store']}/deployments.csv{month}")
            assert Decimal(store[column]) == column_sum(own, column)
            deployment = Deployment.objects.get(name=own[0]["name"])
            runs = lines(hq, f"/spend/stores/{store['store']}/{deployment.pk}/runs.csv{month}")
            key = column.removeprefix("actual_")
            assert round(column_sum(runs, key) - Decimal(own[0][column]), 0 if key == "minutes" else 2) == 0


def column_sum(rows: list[dict[str, str]], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in rows[:-1]), Decimal(0))


def lines(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
