"""Seed the two prices that AWS publishes: 4.00 USD an inference unit hour, 1.00 USD a training hour."""

from datetime import UTC, datetime
from decimal import Decimal

from django.db import migrations

FIRST = datetime(2019, 12, 3, tzinfo=UTC)  # Custom Labels was announced on this day


def seed(apps, schema_editor):
    rates = apps.get_model("models_registry", "PriceRate")
    for kind, usd in (("INFERENCE", "4.00"), ("TRAINING", "1.00")):
        rates.objects.get_or_create(
            region="", kind=kind, valid_from=FIRST, defaults={"usd_per_hour": Decimal(usd)}
        )


class Migration(migrations.Migration):
    dependencies = [("models_registry", "0002_rules_changes")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
