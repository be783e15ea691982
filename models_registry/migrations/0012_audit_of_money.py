"""Budgets, and what is asked of them, are in the audit trail."""

from django.db import migrations

from portal.base.audit.operations import audit


class Migration(migrations.Migration):
    dependencies = [("models_registry", "0011_guards_and_edits")]
    operations = [
        audit("models_registry_budget"),
        audit("models_registry_overriderequest", by_people=["answer", "answered_at"]),
    ]
