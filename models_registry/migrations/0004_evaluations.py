import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("models_registry", "0003_first_prices"),
    ]

    operations = [
        migrations.AddField(
            model_name="modelversion",
            name="summary_uri",
            field=models.CharField(
                blank=True, editable=False, max_length=1300, verbose_name="evaluation summary"
            ),
        ),
        migrations.AddField(
            model_name="modelversion",
            name="testing_snapshot_uri",
            field=models.CharField(blank=True, editable=False, max_length=1300),
        ),
        migrations.AddField(
            model_name="modelversion",
            name="training_snapshot_uri",
            field=models.CharField(blank=True, editable=False, max_length=1300),
        ),
        migrations.AlterField(
            model_name="labelmetrics",
            name="test_images",
            field=models.PositiveIntegerField(null=True, verbose_name="test images"),
        ),
        migrations.CreateModel(
            name="Evaluation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tried_at", models.DateTimeField(verbose_name="last tried")),
                ("read_at", models.DateTimeField(null=True, verbose_name="read")),
                ("problem", models.CharField(blank=True, max_length=40, verbose_name="problem")),
                ("detail", models.TextField(blank=True)),
                ("f1_score", models.FloatField(null=True, verbose_name="F1")),
                ("precision", models.FloatField(null=True, verbose_name="precision")),
                ("recall", models.FloatField(null=True, verbose_name="recall")),
                ("average_precision", models.FloatField(null=True, verbose_name="average precision")),
                ("average_recall", models.FloatField(null=True, verbose_name="average recall")),
                ("training_images", models.PositiveIntegerField(null=True, verbose_name="training images")),
                ("test_images", models.PositiveIntegerField(null=True, verbose_name="test images")),
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="evaluation",
                        to="models_registry.modelversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "evaluation",
                "verbose_name_plural": "evaluations",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("problem", ""), ("read_at__isnull", False)),
                            models.Q(("read_at__isnull", True), models.Q(("problem", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="evaluation_read_or_why_not",
                    )
                ],
            },
        ),
    ]
