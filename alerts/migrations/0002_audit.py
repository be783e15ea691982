"""Channels, and what each person wishes to be told, are in the audit trail; never an address or a secret."""

from django.db import migrations

from portal.base.audit.operations import audit


class Migration(migrations.Migration):
    dependencies = [("alerts", "0001_alerts"), ("models_registry", "0007_audit")]
    operations = [
        audit("alerts_channel", names=["name"], secret=["sealed_address", "sealed_secret"]),
        audit("alerts_notificationwishes"),
    ]
