"""What the tick and the sweep see of models is a trouble; alerts, of whom and when they are told, are an app."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("models_registry", "0008_budgets")]

    operations = [
        migrations.RemoveConstraint("alert", "alert_one_open"),
        migrations.RenameModel("Alert", "Trouble"),
        migrations.AlterModelOptions(
            "trouble", {"verbose_name": "problem", "verbose_name_plural": "problems"}
        ),
        migrations.AlterField(
            "trouble",
            "deployment",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="troubles",
                to="models_registry.deployment",
            ),
        ),
        migrations.AlterField(
            "trouble",
            "version",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="troubles",
                to="models_registry.modelversion",
            ),
        ),
        migrations.AddConstraint(
            "trouble",
            models.UniqueConstraint(
                condition=models.Q(("closed_at__isnull", True)),
                fields=("deployment", "version", "code"),
                name="trouble_one_open",
                nulls_distinct=False,
            ),
        ),
    ]
