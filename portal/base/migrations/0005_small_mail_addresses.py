"""Mail addresses in small letters: people type them as they like."""

from django.db import migrations
from django.db.models.functions import Lower

import portal.base.models


def make_small(apps, schema_editor):
    apps.get_model("base", "User").objects.update(email=Lower("email"))


class Migration(migrations.Migration):
    dependencies = [("base", "0004_currency_of_a_person")]
    operations = [
        migrations.AlterField(
            "user",
            "email",
            portal.base.models.MailField(blank=True, max_length=254, verbose_name="email address"),
        ),
        migrations.RunPython(make_small, migrations.RunPython.noop, elidable=True),
    ]
