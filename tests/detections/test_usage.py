"""The usage page: counted by the store's clock, priced by the plan, written with one button and undone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.core import signing
from django.test import Client

from detections.models import Detection
from detections.selectors.usage import usage_of
from detections.views.usage import SALT
from models_registry.domain.preview import Proposal
from models_registry.selectors.preview import cost_of_week, preview_change
from portal.base import clock
from stores.models import Bounds, OpeningHours, Role, Store
from stores.selectors.rules import weeks_of
from stores.services.hours import hours_of
from tests.models_registry.conftest import World, area, bakery, sign_in, tokyo, world

__all__ = ["area", "bakery", "sign_in", "world"]

Bakery = Callable[..., Store]


def trays(store: Store, *instants: datetime, outcome: str = "AWS_DOWN", source: str = "TILL") -> None:
    Detection.objects.bulk_create(
        Detection(store=store, at=at, taken_at=at, outcome=outcome, source=source) for at in instants
    )


def monday_trays(store: Store) -> None:
    """Forty trays on Monday the 2nd between 08:00 and 11:15, three before opening while it was off."""
    trays(store, *(tokyo(2, 8) + timedelta(minutes=5 * n) for n in range(40)))
    trays(store, *(tokyo(2, 6, 20) + timedelta(minutes=n) for n in range(3)), outcome="NOT_RUNNING")
    trays(store, tokyo(2, 18), source="IMPORT")
    trays(store, tokyo(9, 18))


def test_scan_counts_by_the_stores_clock_and_leaves_imports_out(world: World, bakery: Bakery) -> None:
    asakusa = bakery("asakusa")
    world.deployment("asakusa", asakusa)
    monday_trays(asakusa)
    found = usage_of(asakusa, share=Decimal(0), at=tokyo(9, 12))
    assert (found.total, sum(found.trays[0].values()), found.trays[0][480]) == (43, 43, 1)
    (trim,) = found.trims
    assert (trim.after, trim.trays, trim.of) == (((480, 660),), 0, 40)
    (longer,) = found.extensions
    assert (longer.after, longer.trays) == (((375, 1140),), 3)


def test_saving_is_the_plans_own_and_nothing_where_another_store_needs_the_model(
    world: World, bakery: Bakery
) -> None:
    asakusa, ueno = bakery("asakusa"), bakery("ueno")
    world.deployment("asakusa", asakusa)
    cost = cost_of_week(asakusa, at=tokyo(2, 5))
    assert cost is not None
    week = weeks_of([asakusa.pk])[asakusa.pk]
    shorter = (((420, 1080),), *week[1:])
    assert cost(week).quantize(Decimal("0.01")) == Decimal("1582.75")  # 13 h × 4 USD × 365.25 / 12
    assert (cost(week) - cost(shorter)).quantize(Decimal("0.01")) == Decimal("17.39")  # an hour a week
    seen = preview_change(asakusa, Proposal(weekly=shorter), at=tokyo(2, 5))
    assert cost(shorter) - cost(week) == seen.model_normal_usd
    world.deployment("other", ueno)
    ueno.assignment.delete()
    ueno = Store.objects.get(pk=ueno.pk)
    asakusa.deployments.get().assignments.create(store=ueno)
    shared = cost_of_week(asakusa, at=tokyo(2, 5))
    assert shared is not None
    assert shared(week) == shared(shorter)


def test_button_writes_the_week_and_undo_brings_it_back(
    world: World, bakery: Bakery, sign_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: tokyo(9, 12))
    asakusa = bakery("asakusa")
    world.deployment("asakusa", asakusa)
    monday_trays(asakusa)
    owner = sign_in("owari", Role.OWNER, store=asakusa)
    page = owner.get("/stores/asakusa/usage/").content.decode()
    assert "Trim Monday to 08:00–11:00: saves $156.54 a month" in page
    assert "would have missed 0 of 40 trays" in page
    assert "Monday: 3 trays came while the model was stopped" in page
    token = re.findall(r'name="week" value="([^"]+)"', page)[0]
    page = owner.post("/stores/asakusa/usage/apply/", {"week": token}, follow=True).content.decode()
    monday = OpeningHours.objects.filter(store=asakusa, weekday=0)
    assert list(monday.values_list("opens_minute", "closes_minute")) == [(480, 660)]
    undo = re.findall(r'name="week" value="([^"]+)"><button[^>]+name="undo"', page)[0]
    owner.post("/stores/asakusa/usage/apply/", {"week": undo, "undo": "1"})
    assert list(monday.values_list("opens_minute", "closes_minute")) == [(420, 1140)]
    again = owner.post("/stores/asakusa/usage/apply/", {"week": undo}, follow=True).content.decode()
    assert "The hours are saved." in again


def test_stale_or_foreign_proposals_change_nothing(
    world: World, bakery: Bakery, sign_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: tokyo(9, 12))
    asakusa, ueno = bakery("asakusa"), bakery("ueno")
    world.deployment("asakusa", asakusa)
    monday_trays(asakusa)
    hq = sign_in("hanako", Role.HQ)
    page = hq.get("/stores/asakusa/usage/").content.decode()
    token = re.findall(r'name="week" value="([^"]+)"', page)[0]
    assert hq.post("/stores/asakusa/usage/apply/", {"week": "forged"}).status_code == 400
    assert hq.post("/stores/ueno/usage/apply/", {"week": token}).status_code == 404
    OpeningHours.objects.filter(store=asakusa, weekday=6).delete()
    said = hq.post("/stores/asakusa/usage/apply/", {"week": token}, follow=True).content.decode()
    assert "Somebody else saved other hours meanwhile" in said
    assert OpeningHours.objects.filter(store=ueno).count() == 7


def test_viewer_sees_no_button_and_a_store_without_trays_is_told_so(
    world: World, bakery: Bakery, sign_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: tokyo(9, 12))
    asakusa = bakery("asakusa")
    world.deployment("asakusa", asakusa)
    viewer = sign_in("vera", Role.VIEWER, store=asakusa)
    assert "nothing is known of when customers come" in viewer.get("/stores/asakusa/usage/").content.decode()
    monday_trays(asakusa)
    page = viewer.get("/stores/asakusa/usage/").content.decode()
    assert "Trim Monday" in page
    assert "usage/apply" not in page


def test_owner_applies_no_week_beyond_the_bounds(
    world: World, bakery: Bakery, sign_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: tokyo(9, 12))
    asakusa = bakery("asakusa")
    owner = sign_in("olga", Role.OWNER, store=asakusa)
    now = hours_of(asakusa)
    week = (((360, 1380),), *now.weekly[1:])
    token = signing.dumps({"store": asakusa.pk, "week": week, "seen": now.stamp}, salt=SALT)
    Bounds.objects.create(most_open_minutes=60, changed_at=tokyo(2, 9))
    said = owner.post("/stores/asakusa/usage/apply/", {"week": token, "undo": "1"}, follow=True)
    assert "Headquarters allows 1 hours a week" in said.content.decode()
    assert hours_of(asakusa) == now
