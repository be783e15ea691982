"""Which migrations the release before may live with."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.db import migrations, models
from django.db.models.functions import Now

from portal.base.rolling import breaks

ID = ("id", models.BigAutoField(primary_key=True))
KEEPS_WORKING = [
    migrations.AddField("store", "note", models.TextField(null=True)),
    migrations.AddField("store", "made_at", models.DateTimeField(db_default=Now())),
    migrations.AddField("store", "friends", models.ManyToManyField("stores.Store")),
    migrations.AddIndex("store", models.Index(fields=["name"], name="by_name")),
]
BREAKS = [
    migrations.RemoveField("store", "name"),
    migrations.DeleteModel("Store"),
    migrations.RenameField("store", "name", "title"),
    migrations.RenameModel("Store", "Shop"),
    migrations.AlterModelTable("store", "shops"),
    migrations.AddField("store", "note", models.TextField(default="")),
]


def found(*operations: migrations.operations.base.Operation) -> int:
    migration = migrations.Migration("0099_some", "stores")
    migration.operations = list(operations)
    return len(list(breaks([migration])))


@pytest.mark.parametrize("operation", KEEPS_WORKING, ids=lambda each: each.describe())
def test_what_adds_is_let_through(operation: migrations.operations.base.Operation) -> None:
    assert found(operation) == 0


@pytest.mark.parametrize("operation", BREAKS, ids=lambda each: each.describe())
def test_what_takes_away_is_refused(operation: migrations.operations.base.Operation) -> None:
    assert found(operation) == 1


def test_table_made_in_the_same_migration_may_be_changed_at_will() -> None:
    field = migrations.AddField("oven", "name", models.TextField())
    assert found(migrations.CreateModel("Oven", [ID]), field) == 0


def test_table_made_by_an_earlier_pending_migration_may_be_changed_too() -> None:
    """Whoever skips a release has both pending, and what runs knows nothing of the table."""
    first, second = (migrations.Migration(name, "stores") for name in ("0098_oven", "0099_name"))
    first.operations = [migrations.CreateModel("Oven", [ID])]
    second.operations = [migrations.AddField("oven", "name", models.TextField())]
    assert list(breaks([first, second])) == []


@pytest.mark.django_db
def test_command_tells_that_nothing_is_pending() -> None:
    said = io.StringIO()
    call_command("check_migrations", stdout=said)
    assert "0 pending migrations" in said.getvalue()
