"""Second factors come and go in the audit trail; their secrets do not."""

from django.db import migrations

from portal.base.audit.operations import audit


class Migration(migrations.Migration):
    dependencies = [("base", "0005_small_mail_addresses"), ("mfa", "0003_authenticator_type_uniq")]
    operations = [audit("mfa_authenticator", columns=["type"])]
