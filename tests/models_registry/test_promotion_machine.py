"""Whatever happens while versions are changed, no tick takes an answering model from open stores, and in the
end one version of each deployment runs, if any is wanted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from models_registry.domain.promotion import OVER
from models_registry.models import Deployment, ModelVersion, Promotion
from models_registry.services.deployments import InvalidDeployment
from models_registry.services.promotions import cancel_promotion, promote, roll_back
from models_registry.services.sync import sync_connection
from rekognition_local.server import serve
from rekognition_local.settings import ClockMode, Durations, Quotas, Settings, Span
from tests.models_registry.test_day_loop_machine import CALM_TICK, DayLoop, check_machine
from tests.rekognition_local.local import Local

SLOTS = 4
CALM_TICKS, SURE_TICKS = 12, 6


class ChangingVersions(DayLoop):
    """The franchise of the day loop, with a second version for each of its two deployments."""

    @initialize()
    def open_the_franchise(self) -> None:
        super().open_the_franchise()
        for project in ("ginza", "shared"):
            self.local.version("v2", project=project)
        self.connection.max_running_models = SLOTS
        self.connection.save()
        sync_connection(self.connection, at=self.at, rekognition=self.rekognition)

    @rule(which=st.integers(0, 1))
    def somebody_promotes_the_other_version(self, which: int) -> None:
        made = Deployment.objects.select_related("live_version").get(pk=list(self.deployments)[which].pk)
        assert made.live_version is not None
        other = ModelVersion.objects.exclude(pk=made.live_version.pk).get(project=made.live_version.project)
        with suppress(InvalidDeployment):
            promote(deployment=made, version=other, reason="why not", author=None, at=self.at)

    @rule(which=st.integers(0, 1))
    def somebody_cancels_or_goes_back(self, which: int) -> None:
        made = list(self.deployments)[which]
        last = Promotion.objects.filter(deployment=made).order_by("-id").first()
        if last is not None and not cancel_promotion(promotion=last, at=self.at):
            with suppress(InvalidDeployment):
                roll_back(promotion=last, author=None, at=self.at)

    @rule()
    def three_calm_ticks_mend_everything(self) -> None:
        """A change of version takes a few ticks more than a start; afterwards all is as wanted."""
        self.local.faults()
        self.has_faults = False
        wishes: list[dict[Deployment, bool]] = []
        for _ in range(CALM_TICKS):
            self._move(CALM_TICK)
            self._tick()
            wishes.append(self._wishes())
        for made, (arn, _) in self.deployments.items():
            said = {wish[made] for wish in wishes[-SURE_TICKS:]}
            if len(said) == 1:
                self._is_as_wanted(made, arn, said.pop())
                self._nothing_else_is_up(made)

    def _nothing_else_is_up(self, made: Deployment) -> None:
        """A version that is not live is off, unless it is on its way."""
        live = ModelVersion.objects.get(deployment=made)
        moving = Promotion.objects.exclude(state__in=sorted(OVER)).values_list("new_version", flat=True)
        for other in ModelVersion.objects.filter(project=live.project).exclude(pk__in=[live.pk, *moving]):
            assert self._said()[other.arn] not in {"STARTING", "RUNNING"}, f"{other} was left running"

    def _tick(self) -> None:
        said, wishes = self._said(), self._wishes()
        answering = [made for made, (arn, _) in self.deployments.items() if said[arn] == "RUNNING"]
        super()._tick()
        self._look_who_is_live()
        said = self._said()
        for made in answering:
            if wishes[made]:
                assert said[self.deployments[made][0]] == "RUNNING", f"{made} was taken from its stores"

    def _no_model_runs_past_its_plan(self) -> None:
        self._look_who_is_live()
        super()._no_model_runs_past_its_plan()

    def _look_who_is_live(self) -> None:
        for made, (_, members) in list(self.deployments.items()):
            self.deployments[made] = (ModelVersion.objects.get(deployment=made).arn, members)

    def _said(self) -> dict[str, str]:
        """What AWS would say of each version, whatever faults are planned."""
        projects = self.local.get("state")["projects"]
        return {each["arn"]: each["status"] for project in projects for each in project["versions"]}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """Room for both versions of both deployments; a start takes 40 seconds, a stop 20."""
    made = Settings(
        data_dir=tmp_path_factory.mktemp("changes"), port=0, clock=ClockMode.MANUAL,
        durations=Durations(start=Span.parse("40"), stop=Span.parse("20")),
        quotas=Quotas(running_models=SLOTS).without_tps(), control=True,
    )  # fmt: skip
    with serve(made) as server:
        client = Local(server)
        yield client
        client.close()


@pytest.mark.django_db
@pytest.mark.timeout(400)
def test_no_tick_takes_an_answering_model_from_its_stores(local: Local) -> None:
    check_machine(local, int(os.environ.get("KAMADO_TEST_EXAMPLES", "4")), ChangingVersions)
