"""The trail says who, what, before, after, when and from where; nobody edits it, nothing leaks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from detections.models import ApiKey
from detections.services.keys import make_key, note_use
from models_registry.domain.overrides import OverrideKind
from models_registry.models import Connection, Promotion
from models_registry.services.overrides import OverrideOrder, cancel_override, set_override
from portal.base.audit.acting import Actor, acting
from portal.base.models import AuditEntry, User
from portal.celery import app
from stores.models import Area, Membership, OpeningHours, Role, Store
from stores.services.hours import replace_week
from tests.models_registry.conftest import World, area, bakery, sign_in, world

__all__ = ["area", "bakery", "sign_in", "world"]
WEEK = [((420, 1140),)] * 7


def entries(kind: str, **chosen: object) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(kind=kind, **chosen).order_by("id"))


def actor_in_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('kamado.actor', true), '')")
        return str(cursor.fetchone()[0])


def lost_area() -> None:
    with transaction.atomic():
        Area.objects.create(name="Lost")
        raise ZeroDivisionError


def hanako(origin: str = "POST /stores/ginza/", pk: int = 7) -> Actor:
    return Actor(origin, pk, "Hanako (hanako)", "192.0.2.1")


def test_changed_row_says_only_the_changed_columns(bakery: type[Store]) -> None:
    store = bakery("ginza")
    with acting(hanako):
        Store.objects.filter(pk=store.pk).update(name="Ginza 4-chome", open_buffer_minutes=30)
    [entry] = entries("stores_store", operation="UPDATE")
    assert (entry.before, entry.after) == ({"name": "Ginza"}, {"name": "Ginza 4-chome"})
    assert (entry.actor_id, entry.actor_name, entry.origin) == (7, "Hanako (hanako)", "POST /stores/ginza/")
    assert (entry.ip, entry.subject, entry.store_id) == ("192.0.2.1", "ginza Ginza 4-chome", store.pk)


def test_update_that_changes_nothing_is_not_an_entry(bakery: type[Store]) -> None:
    bakery("ginza").save()
    assert entries("stores_store", operation="UPDATE") == []


def test_bulk_and_cascade_write_an_entry_for_each_row(bakery: type[Store]) -> None:
    store = bakery("ginza")
    assert len(entries("stores_openinghours", operation="INSERT", store_id=store.pk)) == 7
    store.delete()
    gone = entries("stores_openinghours", operation="DELETE")
    assert len(gone) == 7
    assert {entry.subject for entry in gone} == {"ginza Ginza"}
    assert entries("stores_store")[-1].before is not None


def test_one_changed_closing_is_one_entry(bakery: type[Store]) -> None:
    store = bakery("ginza")
    replace_week(store=store, weekly=[*WEEK[:4], ((420, 1200),), *WEEK[5:]])
    [entry] = entries("stores_openinghours", operation="UPDATE")
    told = {"weekday": 4, "opens_minute": 420}
    assert entry.before == {**told, "closes_minute": 1140}
    assert entry.after == {**told, "closes_minute": 1200}


def test_secret_says_only_that_it_changed(db: None) -> None:
    person = User.objects.create_user("hanako", password="a-long-first-password")
    person.set_password("another-long-password")
    person.save()
    made, changed = entries("base_user", person_id=person.pk)
    assert made.after is not None
    assert changed.after == {"password": "•••"}
    assert "pbkdf2" not in str((made.after, changed.before, changed.after))


def test_external_id_shows_its_end_alone(db: None) -> None:
    Connection.objects.create(name="Main", region="ap-northeast-1", external_id="kamado-4711-8080")
    [entry] = entries("models_registry_connection")
    assert entry.after is not None
    assert entry.after["external_id"] == "•••8080"


def test_key_of_a_register_leaves_no_digest(world: World, bakery: type[Store]) -> None:
    made = make_key(store=bakery("ginza"), name="Left till", author=None)
    note_use(key=made.key, at=world.at)
    [entry] = entries("detections_apikey")
    assert "secret_digest" not in (entry.after or {})
    assert entry.subject == "Left till · ginza Ginza"
    assert ApiKey.objects.get().last_used_at is not None


def test_tick_writes_its_state_without_an_entry(world: World, bakery: type[Store]) -> None:
    world.deployment("tokyo", bakery("ginza"))
    count = AuditEntry.objects.count()
    world.sweep()
    world.tick()
    world.tick(world.at + timedelta(hours=2))
    assert AuditEntry.objects.count() == count


def test_state_of_a_promotion_counts_when_a_person_changes_it(world: World, bakery: type[Store]) -> None:
    deployment = world.deployment("tokyo", bakery("ginza"))
    facts = {"old_version": deployment.live_version, "new_version": world.version("tokyo", "v2")}
    asked = Promotion.objects.create(deployment=deployment, reason="better", created_at=world.at, **facts)
    mine = Promotion.objects.filter(pk=asked.pk)
    mine.update(state="SWITCHED", switched_at=world.at)
    assert entries("models_registry_promotion", operation="UPDATE") == []
    with acting(hanako):
        mine.update(state="CANCELLED", ended_at=world.at)
    [entry] = entries("models_registry_promotion", operation="UPDATE")
    assert entry.after is not None
    assert entry.after["state"] == "CANCELLED"


def test_override_is_in_the_history_of_its_store(world: World, bakery: type[Store]) -> None:
    store, at = bakery("ginza"), world.at
    order = OverrideOrder(OverrideKind.RUN, at, at + timedelta(hours=2), "festival", store=store)
    cancel_override(override=set_override(order=order, author=None, at=at), author=None, at=at)
    made, cancelled = entries("models_registry_override", store_id=store.pk)
    assert (made.operation, cancelled.operation) == ("INSERT", "UPDATE")
    assert set(cancelled.after or {}) == {"cancelled_at"}


def test_what_nobody_named_comes_from_the_database(db: None) -> None:
    Area.objects.create(name="Kanto")
    assert entries("stores_area")[-1].origin == "database"


@pytest.mark.parametrize(
    "statement",
    ["UPDATE base_auditentry SET origin = ''", "DELETE FROM base_auditentry", "TRUNCATE base_auditentry"],
)
def test_nobody_changes_the_trail(db: None, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE base_auditentry ENABLE TRIGGER kamado_audit_is_not_emptied")
        with pytest.raises(DatabaseError, match="cannot be changed"), transaction.atomic():
            cursor.execute(statement)


def test_task_and_command_are_named(db: None) -> None:
    @app.task(name="somewhere.tasks.open_area", shared=False)
    def open_area() -> None:
        Area.objects.create(name="Kanto")

    open_area()
    assert entries("stores_area")[-1].origin == "task open_area"


@pytest.mark.django_db(transaction=True)
class TestConnection:
    """On a connection that outlives the request, outside any test's transaction."""

    def test_actor_is_told_once_and_forgotten_at_the_end(self) -> None:
        with (
            CaptureQueriesContext(
                connection,
            ) as queries,
            acting(hanako),
        ):
            Area.objects.create(name="Kanto")
            Area.objects.create(name="Kansai")
            assert "hanako" in actor_in_database()
        assert sum("set_config" in query["sql"] for query in queries) == 2
        assert actor_in_database() == ""
        Area.objects.create(name="Tohoku")
        assert [entry.actor_id for entry in entries("stores_area")] == [7, 7, None]

    def test_reading_and_other_tables_cost_no_query(self) -> None:
        Area.objects.create(name="Kanto")
        with acting(hanako):
            list(Area.objects.all())  # once a process the audited tables are asked for
        with CaptureQueriesContext(connection) as queries, acting(hanako):
            list(Area.objects.all())
            connection.cursor().execute("DELETE FROM django_session")
        assert len(queries) == 2

    def test_actor_survives_a_transaction_taken_back(self) -> None:
        with acting(hanako):
            with pytest.raises(ZeroDivisionError):
                lost_area()
            with transaction.atomic():
                list(Area.objects.all())
                Area.objects.create(name="Kanto")
            with transaction.atomic():
                with pytest.raises(ZeroDivisionError):
                    lost_area()
                Area.objects.create(name="Kansai")
            Area.objects.create(name="Tohoku")
        assert [(entry.subject, entry.actor_id) for entry in entries("stores_area")] == [
            ("Kanto", 7), ("Kansai", 7), ("Tohoku", 7),
        ]  # fmt: skip
        assert actor_in_database() == ""

    def test_inner_actor_ends_where_it_ends(self) -> None:
        with acting(hanako):
            Area.objects.create(name="Kanto")
            with acting(lambda: Actor("task tick")):
                Area.objects.create(name="Kansai")
            Area.objects.create(name="Tohoku")
        assert [entry.origin for entry in entries("stores_area")] == [
            "POST /stores/ginza/", "task tick", "POST /stores/ginza/",
        ]  # fmt: skip

    def test_new_connection_is_told_again(self) -> None:
        with acting(hanako):
            Area.objects.create(name="Kanto")
            connection.close()
            Area.objects.create(name="Kansai")
        assert [entry.actor_id for entry in entries("stores_area")] == [7, 7]

    def test_one_request_leaves_nothing_for_the_next(self, client: Client) -> None:
        person = User.objects.create_user("hanako", first_name="Hanako", last_name="Sato")
        kanto = Area.objects.create(name="Kanto")
        store = Store.objects.create(code="ginza", name="Ginza", area=kanto, timezone="Asia/Tokyo")
        Membership.objects.create(user=person, role=Role.HQ)
        client.force_login(person)
        answer = client.post("/stores/ginza/control/", {"control": "HANDS_OFF"}, REMOTE_ADDR="192.0.2.9")
        assert answer.status_code == 302
        [entry] = entries("stores_store", operation="UPDATE")
        assert (entry.actor_id, entry.actor_name) == (person.pk, "Hanako Sato (hanako)")
        assert (entry.origin, entry.ip) == ("POST /stores/ginza/control/", "192.0.2.9")
        assert actor_in_database() == ""
        Store.objects.filter(pk=store.pk).update(name="Ginza 1")
        assert entries("stores_store")[-1].actor_id is None
        assert not OpeningHours.objects.exists()
