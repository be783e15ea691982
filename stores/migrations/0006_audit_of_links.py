"""Links that open without signing in are in the audit trail."""

from django.db import migrations

from portal.base.audit.operations import audit


class Migration(migrations.Migration):
    dependencies = [("stores", "0005_bounds")]
    operations = [
        audit("stores_holidaylink", ignored=["nonce", "opened_at", "answered_at"]),
        audit("stores_calendarfeed", ignored=["nonce", "read_at", "digest", "changed_at"]),
    ]
