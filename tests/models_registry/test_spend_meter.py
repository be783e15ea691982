"""A weekend of changed clocks on Rekognition Local over HTTP: its running meter is every file's sum."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.test import Client

from models_registry.domain.overrides import OverrideKind
from models_registry.gateways.aws import Account, AwsRekognition
from models_registry.models import (
    AllocationRule,
    Assignment,
    Connection,
    Deployment,
    ExchangeRate,
    ModelVersion,
    Override,
    PriceRate,
    Run,
    SpendCause,
    StoreSpend,
)
from models_registry.services.spend import rebuild_spend
from models_registry.services.sync import sync_connection
from models_registry.services.tick import run_tick
from portal.base import clock
from rekognition_local.server import serve
from rekognition_local.settings import ClockMode, Durations, Quotas, Settings, Span
from stores.models import Area, OpeningHours, Role, Store
from tests.rekognition_local.local import Local

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
