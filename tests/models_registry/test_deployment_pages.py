"""Deployments on their pages: who may, what is shown, what is refused, and that nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from models_registry.models import Connection, Deployment, Override, Run
from models_registry.services.deployments import InvalidDeployment, remove_deployment
from stores.models import Role, Store
from tests.models_registry.conftest import ACCOUNT, World, tokyo

Bakery = Callable[..., Store]
SignIn = Callable[..., Client]
PAGES = ["/deployments/", "/deployments/new/", "/versions/", "/ledger/", "/ledger/runs.csv"]


@pytest.mark.parametrize("page", PAGES)
def test_only_headquarters_reads_the_registry(page: str, sign_in: SignIn, bakery: Bakery) -> None:
    asakusa = bakery("asakusa")
    assert Client().get(page).status_code == 302
    assert sign_in("olga").get(page).status_code == 403
    assert sign_in("owari", Role.OWNER, store=asakusa).get(page).status_code == 403
    assert sign_in("hanako", Role.HQ).get(page).status_code == 200


@pytest.mark.parametrize("page", ["", "edit/", "delete/"])
def test_only_headquarters_opens_one_deployment(
    page: str, world: World, sign_in: SignIn, bakery: Bakery
) -> None:
    asakusa = bakery("asakusa")
    made = world.deployment("asakusa", asakusa)
    address = f"/deployments/{made.pk}/{page}"
    assert Client().get(address).status_code == 302
    assert sign_in("owari", Role.OWNER, store=asakusa).get(address).status_code == 403
    hq = sign_in("hanako", Role.HQ)
    assert hq.get(address).status_code == 200
    assert hq.get(f"/deployments/999/{page}").status_code == 404


@pytest.mark.parametrize("change", ["stores/add/", "stores/remove/", "overrides/", "delete/"])
def test_owner_changes_no_deployment(change: str, world: World, sign_in: SignIn, bakery: Bakery) -> None:
    asakusa = bakery("asakusa")
    made = world.deployment("asakusa", asakusa)
    owner = sign_in("owari", Role.OWNER, store=asakusa)
    assert owner.post(f"/deployments/{made.pk}/{change}").status_code == 403
    assert Deployment.objects.filter(pk=made.pk, assignments__store=asakusa).exists()


def test_list_shows_why_and_what_is_wrong(at_the_desk: World, hq: Client, bakery: Bakery) -> None:
    at_the_desk.deployment("asakusa", bakery("asakusa", open_buffer_minutes=0))
    for instant in (tokyo(2, 6), tokyo(2, 7), tokyo(2, 7, 0, 5)):
        at_the_desk.tick(instant)
    page = hq.get("/deployments/").content.decode()
    assert "asakusa is open Mon 07:00–19:00." in page
    assert "Open, but the model is not ready." in page
    assert "2026-11-02 19:30 JST" in page


def test_list_asks_as_often_for_many_as_for_one(world: World, hq: Client, bakery: Bakery) -> None:
    world.deployment("first", bakery("first"))
    with CaptureQueriesContext(connection) as one:
        hq.get("/deployments/")
    for name in ("second", "third", "fourth"):
        world.deployment(name, bakery(name))
    with CaptureQueriesContext(connection) as many:
        page = hq.get("/deployments/")
    assert len(many) == len(one) <= 11
    assert page.content.decode().count("/deployments/") >= 4


def test_htmx_gets_the_rows_alone(world: World, hq: Client, bakery: Bakery) -> None:
    world.deployment("asakusa", bakery("asakusa"))
    page = hq.get("/deployments/", headers={"hx-request": "true"}).content.decode()
    assert "asakusa" in page
    assert "<html" not in page


def test_empty_list_says_what_a_deployment_is(hq: Client) -> None:
    assert "There are no deployments yet." in hq.get("/deployments/").content.decode()


def test_headquarters_makes_a_deployment_from_an_arn(world: World, hq: Client) -> None:
    version = world.version("bread")
    answer = hq.post("/deployments/new/", form(world, arn=version.arn))
    made = Deployment.objects.get()
    assert answer.headers["location"] == f"/deployments/{made.pk}/"
    assert (made.name, made.live_version, made.min_inference_units) == ("Bread", version, 2)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"min_inference_units": 6}, "6 inference units are more than the 5 that Main allows"),
        ({"max_inference_units": 1}, "must not be below the inference units it starts with"),
        ({"arn": f"{ACCOUNT}/bread/version/v9/1"}, "The portal has not seen this version yet"),
        ({"arn": "arn:aws:s3:::bread"}, "is not such an ARN"),
        ({"arn": f"{ACCOUNT.replace('north', 'south')}/bread/version/v1/17"}, "lies in ap-southeast-1"),
        ({"arn": f"{ACCOUNT.replace('rekognition', 'sagemaker')}/bread/version/v1/17"}, "not to rekognition"),
    ],
)  # fmt: skip
def test_refusal_says_why_and_loses_nothing(
    world: World, hq: Client, typed: dict[str, object], said: str
) -> None:
    page = hq.post("/deployments/new/", form(world, **typed)).content.decode()
    assert said in page
    assert 'value="Bread"' in page
    for value in typed.values():
        assert f'value="{value}"' in page
    assert not Deployment.objects.exists()


def form(world: World, **typed: object) -> dict[str, object]:
    return {"name": "Bread", "connection": world.connection.pk, "min_inference_units": 2, **typed}


def test_version_that_is_live_elsewhere_is_refused(world: World, hq: Client, bakery: Bakery) -> None:
    other = world.deployment("asakusa", bakery("asakusa"))
    page = hq.post("/deployments/new/", form(world, version=other.live_version_id)).content.decode()
    assert "is already live for “asakusa”. Let the stores share that one." in page


def test_version_of_another_account_is_refused(world: World, hq: Client) -> None:
    version = world.version("bread")
    elsewhere = Connection.objects.create(name="Second", region="ap-northeast-1")
    page = hq.post("/deployments/new/", form(world, connection=elsewhere.pk, version=version.pk))
    assert "the deployment to Second" in page.content.decode()


def test_stores_are_added_by_pasted_codes_and_ticks(world: World, hq: Client, bakery: Bakery) -> None:
    made = world.deployment("tokyo")
    for code in ("akabane", "ebisu", "fuchu"):
        bakery(code)
    hq.post(f"/deployments/{made.pk}/stores/add/", {"codes": "akabane,\n ebisu、", "pick": ["fuchu"]})
    assert made.stores.count() == 3
    hq.post(f"/deployments/{made.pk}/stores/remove/", {"code": "ebisu"})
    assert sorted(made.stores.values_list("code", flat=True)) == ["akabane", "fuchu"]


def test_store_of_another_deployment_is_refused_unless_moved(
    world: World, hq: Client, bakery: Bakery
) -> None:
    asakusa = bakery("asakusa")
    world.deployment("first", asakusa)
    second = world.deployment("second")
    address = f"/deployments/{second.pk}/stores/add/"
    page = hq.post(address, {"codes": "asakusa"}).content.decode()
    assert "is already served by “first”" in page
    assert ">\nasakusa</textarea>" in page
    hq.post(address, {"codes": "asakusa", "move": "on"})
    assert list(second.stores.all()) == [asakusa]


def test_unknown_code_is_named(world: World, hq: Client) -> None:
    made = world.deployment("tokyo")
    page = hq.post(f"/deployments/{made.pk}/stores/add/", {"codes": "nowhere"}).content.decode()
    assert "There is no store with the code nowhere." in page


def test_search_offers_stores_with_who_serves_them(world: World, hq: Client, bakery: Bakery) -> None:
    world.deployment("first", bakery("asakusa"))
    second = world.deployment("second")
    page = hq.get(f"/deployments/{second.pk}/?find=asak").content.decode()
    assert "served by “first”" in page


def test_override_is_set_on_the_stores_clock_and_taken_back(
    at_the_desk: World, hq: Client, bakery: Bakery
) -> None:
    at_the_desk.at = tokyo(2, 20)
    made = at_the_desk.deployment("asakusa", bakery("asakusa"))
    typed = {"kind": "RUN", "starts": "2026-11-02T20:00", "ends": "2026-11-02T22:00", "why": "Tasting"}
    hq.post(f"/deployments/{made.pk}/overrides/", typed)
    override = Override.objects.get()
    assert (override.starts_at, override.ends_at) == (tokyo(2, 20), tokyo(2, 22))
    assert (override.deployment, override.author.username) == (made, "hanako")
    hq.post(f"/deployments/{made.pk}/overrides/{override.pk}/cancel/")
    assert Override.objects.get().cancelled_at == tokyo(2, 20)


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ("", "This field is required."),
        ("2026-11-02T19:00", "ends before it starts"),
        ("soon", "Write it like"),
    ],
)
def test_override_without_a_proper_end_is_refused(
    at_the_desk: World, hq: Client, bakery: Bakery, ends: str, said: str
) -> None:
    at_the_desk.at = tokyo(2, 20)
    made = at_the_desk.deployment("asakusa", bakery("asakusa"))
    typed = {"kind": "STOP", "starts": "2026-11-02T20:00", "ends": ends, "why": "Tasting"}
    page = hq.post(f"/deployments/{made.pk}/overrides/", typed).content.decode()
    assert said in page
    assert 'value="Tasting"' in page
    assert not Override.objects.exists()


def test_running_deployment_is_not_deleted(at_the_desk: World, hq: Client, bakery: Bakery) -> None:
    made = at_the_desk.deployment("asakusa", bakery("asakusa"))
    at_the_desk.tick(tokyo(2, 6, 30))
    page = hq.post(f"/deployments/{made.pk}/delete/").content.decode()
    assert "“asakusa” is running. Stop it first" in page
    assert Deployment.objects.filter(pk=made.pk).exists()
    with pytest.raises(InvalidDeployment):
        remove_deployment(deployment=made)


def test_deployment_that_never_ran_is_deleted(world: World, hq: Client, bakery: Bakery) -> None:
    made = world.deployment("asakusa", bakery("asakusa"))
    hq.post(f"/deployments/{made.pk}/delete/")
    assert not Deployment.objects.exists()


def test_deployment_that_has_run_is_emptied_and_its_runs_stay(
    world: World, hq: Client, bakery: Bakery
) -> None:
    made = world.deployment("asakusa", bakery("asakusa"))
    for instant in (tokyo(2, 6, 30), tokyo(2, 7), tokyo(2, 19, 30), tokyo(2, 19, 40), tokyo(2, 19, 50)):
        world.tick(instant)
    hq.post(f"/deployments/{made.pk}/delete/")
    made.refresh_from_db()
    assert (made.live_version, made.stores.count()) == (None, 0)
    assert Run.objects.get().deployment == made


def test_page_shows_learned_lead_beside_the_fixed_buffer(world: World, hq: Client, bakery: Bakery) -> None:
    made = world.deployment("asakusa", bakery("asakusa"))
    for day in range(1, 10):
        Run.objects.create(
            version=made.live_version, deployment=made, outcome="STOPPED",
            requested_at=tokyo(day, 6, 30), accepted_at=tokyo(day, 6, 30),
            running_at=tokyo(day, 6, 30 + day), stopping_at=tokyo(day, 19, 30), ended_at=tokyo(day, 19, 31),
        )  # fmt: skip
    page = hq.get(f"/deployments/{made.pk}/").content.decode()
    assert "5 min 00 s (p50)" in page
    assert "9 min 00 s (p95)" in page
    assert "11 min" in page
    assert "30 min" in page


def test_page_of_one_deployment_keeps_its_query_ceiling(world: World, hq: Client, bakery: Bakery) -> None:
    made = world.deployment("tokyo", *(bakery(f"s{number}") for number in range(12)))
    for instant in (tokyo(2, 6, 30), tokyo(2, 7), tokyo(2, 19, 30), tokyo(2, 19, 40)):
        world.tick(instant)
    with CaptureQueriesContext(connection) as asked:
        assert hq.get(f"/deployments/{made.pk}/").status_code == 200
    assert len(asked) <= 16
