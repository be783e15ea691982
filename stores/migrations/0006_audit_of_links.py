"""Links that open without signing in, and second factors, are in the audit trail."""

from django.db import migrations

from portal.base.audit.operations import audit


class Migration(migrations.Migration):
    dependencies = [("stores", "0005_bounds"), ("mfa", "0003_authenticator_type_uniq")]
    operations = [
        audit("stores_holidaylink", ignored=["nonce", "opened_at", "answered_at"]),
        audit("stores_calendarfeed", ignored=["nonce", "read_at", "digest", "changed_at"]),
        audit("mfa_authenticator", names=["type"], columns=["user_id", "type"]),
    ]
