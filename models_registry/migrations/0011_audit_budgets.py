"""Budgets, and what was asked beyond them, belong into the audit trail."""

from django.db import migrations

from portal.base.audit.operations import audit


class Migration(migrations.Migration):
    dependencies = [("models_registry", "0010_allocation_and_causes")]

    operations = [
        audit("models_registry_budget", names=["usd_per_month", "valid_from"]),
        audit("models_registry_overriderequest", names=["why"], ignored=["asked_at"]),
    ]
