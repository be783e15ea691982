"""Channels and what people wish to be told are in the audit trail; addresses only say that they changed."""

from django.db import migrations

from portal.base.audit.operations import audit


class Migration(migrations.Migration):
    dependencies = [("alerts", "0001_alerts"), ("base", "0003_audit_trail")]
    operations = [
        audit("alerts_channel", names=["name"], secret=["sealed_address", "sealed_secret"]),
        audit("alerts_notificationwishes"),
    ]
