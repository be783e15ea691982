"""Rows follow the world: whatever order facts come in, what stands is what is wanted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.domain.kinds import RULES, Duty, Kind
from alerts.domain.wanted import Ref, Subject, Wanted
from alerts.models import Alert
from alerts.services.sweep import settle
from stores.models import Area, Role, Store
from tests.models_registry.conftest import tokyo

KINDS = frozenset({Kind.ERROR_RATE, Kind.STRAY, Kind.SLOW})
FACTS = st.sets(st.tuples(st.sampled_from(sorted(KINDS)), st.integers(0, 3), st.sampled_from("ab")))
STEPS = st.lists(st.tuples(FACTS, st.integers(0, 400)), max_size=8)


def wanted_of(facts: set[tuple[Kind, int, str]], stores: list[Store]) -> set[Wanted]:
    by_key = {
        (kind, pk): Wanted(kind, Ref(Subject.STORE, stores[pk].pk), cause)
        for kind, pk, cause in sorted(facts)
    }
    return set(by_key.values())


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_standing_alerts_equal_the_wanted_set_after_any_order_of_facts(steps, stores) -> None:
    Alert.objects.all().delete()
    at = tokyo(2, 9)
    since: dict[tuple[str, str], object] = {}
    for facts, seconds in steps:
        wanted = wanted_of(facts, stores)
        settle(wanted, kinds=KINDS, at=at)
        settle(wanted, kinds=KINDS, at=at)
        since = {each.key: since.get(each.key, at) for each in wanted}
        standing = Alert.objects.filter(ended_at__isnull=True)
        assert {(row.kind, row.subject): row.noticed_at for row in standing} == since
        assert {row.group for row in standing} == {each.group for each in wanted}
        rings = {row.kind: row for row in standing if row.rang_at is not None}
        for row in rings.values():
            assert row.rang_at >= row.noticed_at + RULES[Kind(row.kind)].patience
        at += timedelta(seconds=seconds)
    assert not Alert.objects.filter(ended_at__isnull=False, rang_at__isnull=True).exists()


@pytest.fixture
def stores(db: None) -> list[Store]:
    area = Area.objects.create(name="Kantō")
    return [
        Store.objects.create(code=f"s{number}", name=f"S{number}", area=area, timezone="Asia/Tokyo")
        for number in range(4)
    ]


@pytest.mark.django_db
def test_alert_that_goes_on_writes_nothing(stores, django_assert_num_queries) -> None:
    wanted = {Wanted(Kind.SLOW, Ref(Subject.STORE, stores[0].pk), params={"percent": 40})}
    settle(wanted, kinds=KINDS, at=tokyo(2, 9))
    with django_assert_num_queries(1):
        settle(wanted, kinds=KINDS, at=tokyo(2, 10))


@pytest.mark.django_db
def test_other_kinds_are_left_alone(stores) -> None:
    slow = {Wanted(Kind.SLOW, Ref(Subject.STORE, stores[0].pk))}
    settle(slow, kinds=frozenset({Kind.SLOW}), at=tokyo(2, 9))
    settle(set(), kinds=frozenset({Kind.STRAY}), at=tokyo(2, 10))
    assert Alert.objects.get().ended_at is None


@pytest.mark.django_db
def test_subject_that_is_gone_opens_nothing(stores) -> None:
    settle({Wanted(Kind.SLOW, Ref(Subject.STORE, 999_999))}, kinds=KINDS, at=tokyo(2, 9))
    assert not Alert.objects.exists()


def test_every_kind_has_a_rule_whose_duties_are_roles() -> None:
    assert set(RULES) == set(Kind)
    assert {duty.value for duty in Duty} <= set(Role.values)
    assert all(rule.owner in rule.told for rule in RULES.values())
