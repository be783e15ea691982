"""Connections, deployments, who uses them, overrides, prices and promotions are in the audit trail."""

from django.db import migrations

from portal.base.audit.operations import audit, names_rows

SEEN = ["synced_at", "error_code", "error_message", "failing_since", "created_at"]


class Migration(migrations.Migration):
    dependencies = [("models_registry", "0006_trials"), ("stores", "0002_audit")]
    operations = [
        names_rows("deployment", "models_registry_deployment", "name"),
        audit("models_registry_connection", names=["name"], ignored=SEEN, masked=["external_id"]),
        audit("models_registry_deployment", own="deployment_id", names=["name"]),
        audit("models_registry_assignment"),
        audit("models_registry_override", names=["kind"]),
        audit("models_registry_pricerate", names=["kind", "region"]),
        audit(
            "models_registry_promotion",
            ignored=["created_at", "switched_at", "why", "message", "failures"],
            by_people=["state", "ended_at"],
        ),
    ]
