"""Stores, their hours and days, areas and memberships are in the audit trail."""

from django.db import migrations

from portal.base.audit.operations import audit, names_rows


class Migration(migrations.Migration):
    dependencies = [("stores", "0001_initial"), ("base", "0003_audit_trail")]
    operations = [
        names_rows("store", "stores_store", "code || ' ' || name"),
        names_rows("area", "stores_area", "name"),
        audit("stores_store", own="store_id", names=["code", "name"]),
        audit("stores_area", own="area_id", names=["name"]),
        audit("stores_openinghours", beside=["weekday", "opens_minute"]),
        audit("stores_specialday", names=["on"]),
        audit("stores_membership"),
    ]
