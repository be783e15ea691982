"""Changes of version against Rekognition Local over HTTP: its faults, its quota, its meter, other hands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from models_registry.domain.overrides import OverrideKind
from models_registry.domain.promotion import SENTENCES, PromotionState, Why
from models_registry.gateways.aws import Account, AwsRekognition
from models_registry.models import Connection, Deployment, ModelVersion, Promotion, Run
from models_registry.selectors.spend import inference_rates, run_facts
from models_registry.services.deployments import InvalidDeployment, assign_stores, save_deployment
from models_registry.services.overrides import OverrideOrder, set_override
from models_registry.services.promotions import cancel_promotion, promote, roll_back
from models_registry.services.sync import sync_connection
from models_registry.services.tick import run_tick
from rekognition_local.server import serve
from rekognition_local.settings import ClockMode, Durations, Quotas, Settings, Span
from stores.models import Store
from tests.models_registry.conftest import tokyo
from tests.rekognition_local.local import Local

pytestmark = pytest.mark.django_db
SLOTS = 2


@dataclass
class Town:
    """One account with two slots; a start takes 40 seconds, a stop 20. Nobody's clock moves by itself."""

    local: Local
    at: datetime
    connection: Connection = field(init=False)
    rekognition: AwsRekognition = field(init=False)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.local.post("reset", {"clock": self.at.isoformat()})
        self.connection = Connection.objects.create(
            name="Main", region="ap-northeast-1", control_plane_tps=1000, max_running_models=SLOTS
        )
        account = Account(
            "ap-northeast-1", endpoint_url=self.local.url, calls_per_second=1000, read_attempts=1
        )
        self.rekognition = AwsRekognition(account)

    def deployment(self, name: str, *stores: Store, versions: int = 2) -> Deployment:
        """Seed a project with versions, and point stores at the first of them."""
        _, first, *_ = self.local.seed(versions, project=name)
        sync_connection(self.connection, at=self.at, rekognition=self.rekognition)
        live = ModelVersion.objects.get(arn=first)
        made = Deployment(
            name=name, connection=self.connection, live_version=live, uses_learned_lead=False,
            min_inference_units=2,
        )  # fmt: skip
        assign_stores(deployment=save_deployment(made), stores=stores)
        return made

    def connect(self, connection: Connection) -> AwsRekognition:
        """Reach AWS; another worker may do something between this tick's first look and its orders."""
        while self.meanwhile:
            self.meanwhile.pop()()
        return self.rekognition

    def tick(self) -> None:
        run_tick(at=self.at, connect=self.connect)

    def pass_by(self, seconds: float, *, every: int = 5) -> None:
        """Let time pass, with a tick every few seconds."""
        until = self.at + timedelta(seconds=seconds)
        while self.at < until:
            self.at += timedelta(seconds=every)
            self.local.advance(every)
            self.tick()

    def pass_until(self, is_so: Callable[[], object], *, every: int = 5) -> None:
        for _ in range(2_000):
            if is_so():
                return
            self.pass_by(every, every=every)
        raise AssertionError("waited in vain")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    made = Settings(
        data_dir=tmp_path_factory.mktemp("switch"), port=0, clock=ClockMode.MANUAL,
        durations=Durations(start=Span.parse("40"), stop=Span.parse("20")),
        quotas=Quotas(running_models=SLOTS).without_tps(), control=True,
    )  # fmt: skip
    with serve(made) as server:
        client = Local(server)
        yield client
        client.close()


@pytest.fixture
def town(local: Local) -> Town:
    return Town(local, tokyo(2, 6, 29))


@pytest.fixture
def asakusa(town: Town, bakery: Callable[..., Store]) -> Deployment:
    """Open since seven, with v1 running."""
    made = town.deployment("breads", bakery("asakusa"))
    open_shops(town)
    assert statuses() == {"v1": "RUNNING", "v2": "TRAINING_COMPLETED"}
    return made


def statuses(project: str = "breads") -> dict[str, str]:
    return dict(ModelVersion.objects.filter(project__name=project).values_list("name", "status"))


def live(deployment: Deployment) -> str:
    return ModelVersion.objects.get(deployment=deployment).name


def ask(town: Town, deployment: Deployment, name: str = "v2") -> Promotion:
    deployment.refresh_from_db()
    version = ModelVersion.objects.get(project__name=deployment.name, name=name)
    return promote(deployment=deployment, version=version, reason="knows anpan", author=None, at=town.at)


def stands(promotion: Promotion) -> tuple[str, str]:
    promotion.refresh_from_db()
    return promotion.state, promotion.why


def open_shops(town: Town) -> None:
    """Come to eight in the morning, with everything running that opens at seven."""
    town.pass_by(120, every=15)
    jump(town, tokyo(2, 8))


def jump(town: Town, until: datetime) -> None:
    """Let time pass without a tick, then have two."""
    seconds = (until - town.at).total_seconds() - 10
    town.at += timedelta(seconds=seconds)
    town.local.advance(seconds)
    town.pass_by(10)


def ledger(town: Town) -> dict[str, int]:
    """Unit minutes by version, as our books have them."""
    minutes: dict[str, int] = {}
    for run in Run.objects.select_related("version__project__connection").order_by("id"):
        if run.running_at:
            facts = run_facts(run, inference_rates(), at=town.at)
            billed = max(1, -(-(facts.end - facts.start) // 60)) * facts.units
            minutes[run.version.arn] = minutes.get(run.version.arn, 0) + billed
    return minutes


def meter(town: Town) -> dict[str, int]:
    """Unit minutes by version, as AWS bills them."""
    return {each["arn"]: each["billable_minutes"] for each in town.local.get("meter")["versions"]}


def test_there_and_back_is_billed_as_the_meter_says(town: Town, asakusa: Deployment) -> None:
    promotion = ask(town, asakusa)
    town.pass_until(lambda: stands(promotion)[0] == PromotionState.DONE)
    town.pass_by(600)
    back = roll_back(promotion=promotion, author=None, at=town.at)
    town.pass_until(lambda: stands(back)[0] == PromotionState.DONE)
    jump(town, tokyo(2, 19, 29, 50))
    town.pass_by(90, every=10)
    assert statuses() == {"v1": "STOPPED", "v2": "STOPPED"}
    assert ledger(town) == meter(town)
    assert len(ledger(town)) == 2
    assert set(Run.objects.values_list("inference_units", flat=True)) == {2}


def test_quota_of_one_switches_in_the_closed_window_and_bills_one_at_a_time(
    town: Town, asakusa: Deployment
) -> None:
    town.connection.max_running_models = 1
    town.connection.save()
    promotion = ask(town, asakusa)
    jump(town, tokyo(2, 19, 29))
    assert (live(asakusa), stands(promotion)) == ("v1", (PromotionState.STARTING, Why.NO_SLOT))
    town.pass_by(65)
    assert (live(asakusa), stands(promotion)) == ("v2", (PromotionState.SWITCHED, Why.UNPROVEN))
    assert statuses()["v1"] == "STOPPING"
    jump(town, tokyo(3, 6, 29))
    town.pass_by(240, every=15)
    jump(town, tokyo(3, 19, 29))
    town.pass_by(120, every=15)
    assert stands(promotion) == (PromotionState.DONE, Why.RUNS)
    first, second = Run.objects.order_by("id")
    assert first.stopping_at
    assert second.running_at
    assert first.stopping_at < second.running_at
    assert ledger(town) == meter(town)


def test_failed_start_leaves_the_old_one_and_says_why(town: Town, asakusa: Deployment) -> None:
    town.local.faults({"operation": "StartProjectVersion", "kind": "fail_on_start", "version": "v2"})
    promotion = ask(town, asakusa)
    town.pass_by(120)
    assert stands(promotion) == (PromotionState.FAILED, Why.START_FAILED)
    assert (live(asakusa), statuses()) == ("v1", {"v1": "RUNNING", "v2": "FAILED"})
    said = SENTENCES[promotion.why] % {"message": promotion.message}
    assert said.endswith("The old one stays. The model failed to start or to stop.")
    assert Run.objects.filter(version__name="v2").count() == 1


@pytest.mark.parametrize("why", list(Why))
def test_every_reason_has_a_sentence(why: Why) -> None:
    assert (SENTENCES[why] % {"message": ""}).strip()


def test_throttled_start_is_tried_again_until_aws_takes_it(town: Town, asakusa: Deployment) -> None:
    town.local.faults({"operation": "StartProjectVersion", "kind": "throttle", "count": 6})
    promotion = ask(town, asakusa)
    town.pass_by(10)
    assert stands(promotion) == (PromotionState.STARTING, Why.REFUSED)
    assert "ThrottlingException" in SENTENCES[promotion.why] % {"message": promotion.message}
    town.pass_until(lambda: stands(promotion)[0] == PromotionState.DONE)
    refused = Run.objects.filter(outcome="REFUSED").order_by("id").values_list("requested_at", flat=True)
    assert len(refused) == 6
    assert refused[5] - refused[4] >= timedelta(seconds=60)
    assert promotion.message == ""


def test_hopeless_start_ends_the_promotion(town: Town, asakusa: Deployment) -> None:
    town.local.faults({"operation": "StartProjectVersion", "kind": "access_denied"})
    promotion = ask(town, asakusa)
    town.pass_by(120)
    assert stands(promotion) == (PromotionState.FAILED, Why.START_FAILED)
    assert "AccessDenied" in promotion.message
    assert (live(asakusa), statuses()["v1"]) == ("v1", "RUNNING")


def test_slot_taken_by_another_deployment_lets_it_wait(
    town: Town, asakusa: Deployment, bakery: Callable[..., Store]
) -> None:
    promotion = ask(town, asakusa)
    ginza = town.deployment("ginza", bakery("ginza", {day: [(420, 1260)] for day in range(7)}))
    town.pass_by(120)
    assert (statuses("ginza")["v1"], stands(promotion)[1]) == ("RUNNING", Why.NO_SLOT)
    jump(town, tokyo(2, 19, 29, 50))
    town.pass_by(90, every=10)
    assert (live(asakusa), live(ginza)) == ("v2", "v1")
    assert statuses("ginza")["v1"] == "RUNNING"


def test_deployment_that_never_starts_takes_no_slot(
    town: Town, asakusa: Deployment, bakery: Callable[..., Store]
) -> None:
    town.deployment("rehearsal", bakery("rehearsal", control="DRY_RUN"))
    promotion = ask(town, asakusa)
    town.pass_until(lambda: stands(promotion)[0] == PromotionState.DONE)


def test_old_version_is_not_left_before_it_is_off(town: Town, asakusa: Deployment) -> None:
    override(town, asakusa, OverrideKind.STOP, minutes=30)
    promotion = ask(town, asakusa)
    town.local.faults({"operation": "StopProjectVersion", "kind": "throttle", "count": 3})
    town.pass_by(5)
    assert (live(asakusa), stands(promotion)[1]) == ("v1", Why.OLD_STOPS)
    assert statuses()["v1"] == "RUNNING"
    town.pass_until(lambda: live(asakusa) == "v2")
    assert statuses()["v1"] == "STOPPING"


def override(town: Town, deployment: Deployment, kind: OverrideKind, *, minutes: int) -> None:
    until = town.at + timedelta(minutes=minutes)
    order = OverrideOrder(kind, town.at, until, store=None, deployment=deployment)
    set_override(order=order, author=None, at=town.at)


def test_stop_override_in_the_middle_stops_both_and_the_new_one_comes_back(
    town: Town, asakusa: Deployment
) -> None:
    promotion = ask(town, asakusa)
    town.pass_by(20)
    assert statuses() == {"v1": "RUNNING", "v2": "STARTING"}
    override(town, asakusa, OverrideKind.STOP, minutes=10)
    town.pass_by(300)
    assert statuses() == {"v1": "STOPPED", "v2": "STOPPED"}
    town.pass_by(420)
    assert (live(asakusa), statuses()) == ("v2", {"v1": "STOPPED", "v2": "RUNNING"})
    assert stands(promotion)[0] == PromotionState.DONE
    assert ledger(town) == meter(town)


def test_run_override_just_before_the_switch_starts_one_version_only(town: Town, asakusa: Deployment) -> None:
    jump(town, tokyo(2, 19, 29))
    town.pass_by(120, every=15)
    promotion = ask(town, asakusa)
    override(town, asakusa, OverrideKind.RUN, minutes=30)
    town.pass_by(120)
    assert (live(asakusa), statuses()) == ("v2", {"v1": "STOPPED", "v2": "RUNNING"})
    assert stands(promotion)[0] == PromotionState.DONE


def test_two_stores_with_different_hours_switch_when_both_are_closed(
    town: Town, bakery: Callable[..., Store]
) -> None:
    town.connection.max_running_models = 1
    town.connection.save()
    early, late = bakery("early"), bakery("late", {day: [(720, 1380)] for day in range(7)})
    shared = town.deployment("shared", early, late)
    open_shops(town)
    promotion = ask(town, shared)
    jump(town, tokyo(2, 23))
    assert (live(shared), stands(promotion)[1]) == ("v1", Why.NO_SLOT)
    jump(town, tokyo(2, 23, 29))
    town.pass_by(90, every=15)
    assert live(shared) == "v2"


def test_version_deleted_while_it_starts_ends_the_promotion(town: Town, asakusa: Deployment) -> None:
    promotion = ask(town, asakusa)
    town.pass_by(10)
    arn = ModelVersion.objects.get(name="v2").arn
    town.local.set_status(arn, "STOPPED")
    town.local.aws.delete_project_version(ProjectVersionArn=arn)
    town.pass_by(60)
    assert stands(promotion) == (PromotionState.FAILED, Why.UNUSABLE)
    assert (live(asakusa), statuses()["v1"]) == ("v1", "RUNNING")


def test_version_that_stops_right_after_the_switch_gives_back_to_the_old_one(
    town: Town, asakusa: Deployment
) -> None:
    promotion = ask(town, asakusa)
    town.pass_until(lambda: live(asakusa) == "v2")
    town.local.stop(ModelVersion.objects.get(name="v2").arn)
    town.pass_by(5)
    assert (live(asakusa), stands(promotion)) == ("v1", (PromotionState.FAILED, Why.STOPPED_AGAIN))
    assert statuses()["v1"] == "RUNNING"
    assert Run.objects.filter(version__name="v1").count() == 1


def test_switched_unseen_and_refused_for_good_comes_back(town: Town, asakusa: Deployment) -> None:
    jump(town, tokyo(2, 19, 29))
    town.pass_by(120, every=15)
    promotion = ask(town, asakusa)
    town.pass_by(5)
    assert live(asakusa) == "v2"
    town.local.faults({"operation": "StartProjectVersion", "kind": "access_denied", "version": "v2"})
    jump(town, tokyo(3, 6, 29))
    town.pass_by(300, every=15)
    assert (live(asakusa), stands(promotion)) == ("v1", (PromotionState.FAILED, Why.START_FAILED))
    assert statuses()["v1"] == "RUNNING"


@pytest.mark.parametrize("seconds", [5, 20, 45])
def test_cancelled_promotion_leaves_nothing_running(town: Town, asakusa: Deployment, seconds: int) -> None:
    promotion = ask(town, asakusa)
    town.pass_by(seconds)
    assert cancel_promotion(promotion=promotion, at=town.at) == (live(asakusa) == "v1")
    town.pass_by(180)
    assert sorted(statuses().values()) == ["RUNNING", "STOPPED"]
    assert ledger(town) == meter(town)


@pytest.mark.parametrize("late", [5, 15, 60])
def test_tick_with_an_old_picture_stops_nothing_and_starts_nothing(
    town: Town, asakusa: Deployment, late: int
) -> None:
    """Another worker's ticks switch, drain and stop between this one's look and its orders."""
    promotion = ask(town, asakusa)
    town.pass_until(lambda: statuses()["v2"] == "STARTING")
    town.pass_by(30)
    town.at += timedelta(seconds=5)
    town.local.advance(5)
    town.meanwhile.append(lambda: (town.tick(), town.pass_by(late)))
    before = town.at
    run_tick(at=before, connect=town.connect)
    assert live(asakusa) == "v2"
    town.pass_by(120)
    assert statuses() == {"v1": "STOPPED", "v2": "RUNNING"}
    assert stands(promotion)[0] == PromotionState.DONE
    assert Run.objects.count() == 2
    assert ledger(town) == meter(town)


def test_rollback_while_the_old_one_is_being_stopped_waits_for_it(town: Town, asakusa: Deployment) -> None:
    promotion = ask(town, asakusa)
    town.pass_until(lambda: stands(promotion)[0] == PromotionState.DONE)
    assert statuses()["v1"] == "RUNNING"  # ordered to stop by this very tick, not seen yet
    back = roll_back(promotion=promotion, author=None, at=town.at)
    town.local.faults({"operation": "DescribeProjectVersions", "kind": "throttle", "count": 2})
    town.pass_by(10)
    assert (live(asakusa), stands(back)[0]) == ("v2", PromotionState.STARTING)
    town.pass_until(lambda: stands(back)[0] == PromotionState.DONE)
    assert live(asakusa) == "v1"
    assert ledger(town) == meter(town)


def test_version_on_its_way_is_not_given_to_another_deployment(
    town: Town, asakusa: Deployment, bakery: Callable[..., Store]
) -> None:
    other = town.deployment("other", bakery("other"))
    promotion = ask(town, asakusa)
    other.live_version = ModelVersion.objects.get(project__name="breads", name="v2")
    with pytest.raises(InvalidDeployment, match="on its way"):
        save_deployment(other)
    other.save()
    town.local.start(other.live_version.arn, 2)
    town.pass_by(60)
    assert stands(promotion) == (PromotionState.FAILED, Why.CHANGED_BY_HAND)
    assert live(asakusa) == "v1"


def test_version_chosen_by_hand_meanwhile_gets_the_slot(town: Town, bakery: Callable[..., Store]) -> None:
    breads = town.deployment("breads", bakery("asakusa"), versions=3)
    open_shops(town)
    promotion = ask(town, breads)
    town.pass_by(10)
    breads.live_version = ModelVersion.objects.get(name="v3")
    save_deployment(breads)
    town.pass_by(240)
    assert stands(promotion) == (PromotionState.FAILED, Why.CHANGED_BY_HAND)
    assert statuses() == {"v1": "STOPPED", "v2": "STOPPED", "v3": "RUNNING"}
    assert ledger(town) == meter(town)


def test_deployment_without_a_version_leaves_nothing_running(town: Town, asakusa: Deployment) -> None:
    asakusa.refresh_from_db()
    asakusa.live_version = None
    save_deployment(asakusa)
    town.pass_by(60)
    assert statuses()["v1"] == "STOPPED"


def test_version_started_by_hand_is_taken_over_with_its_bill(town: Town, asakusa: Deployment) -> None:
    town.local.start(ModelVersion.objects.get(name="v2").arn, 2)
    town.pass_by(60)
    promotion = ask(town, asakusa)
    town.pass_by(5)
    assert live(asakusa) == "v2"
    town.pass_by(60)
    assert stands(promotion)[0] == PromotionState.DONE
    assert set(Run.objects.values_list("deployment", flat=True)) == {asakusa.pk}
