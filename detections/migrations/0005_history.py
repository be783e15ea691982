"""Saved views and exports of the history, and what filters by error and by source walk along."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("detections", "0004_batch"),
        ("models_registry", "0004_evaluations"),
        ("stores", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[("CSV", "CSV (Excel)"), ("JSONL", "JSON Lines")],
                        max_length=5,
                        verbose_name="File",
                    ),
                ),
                (
                    "shape",
                    models.CharField(
                        choices=[("PHOTOS", "one row a photo"), ("BOXES", "one row a box")],
                        max_length=6,
                        verbose_name="Rows",
                    ),
                ),
                ("query", models.CharField(blank=True, max_length=2000)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "waiting"),
                            ("RUNNING", "being written"),
                            ("DONE", "ready"),
                            ("FAILED", "failed"),
                            ("CANCELLED", "cancelled"),
                        ],
                        default="WAITING",
                        max_length=9,
                    ),
                ),
                ("file_key", models.CharField(max_length=100, unique=True)),
                ("parts", models.JSONField(default=list)),
                ("cursor", models.CharField(blank=True, max_length=200)),
                ("photos_written", models.PositiveBigIntegerField(default=0)),
                ("rows_written", models.PositiveBigIntegerField(default=0)),
                ("bytes", models.PositiveBigIntegerField(default=0)),
                ("estimate", models.PositiveBigIntegerField(null=True)),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("leased_until", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("message", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "verbose_name": "export",
                "verbose_name_plural": "exports",
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("query", models.CharField(blank=True, max_length=2000)),
                ("is_shared", models.BooleanField(default=False, verbose_name="shared")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
            ],
            options={
                "verbose_name": "saved view",
                "verbose_name_plural": "saved views",
            },
        ),
        migrations.AddIndex(
            model_name="detection",
            index=models.Index(
                models.F("error_code"),
                models.OrderBy(models.F("taken_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("error_code", ""), _negated=True),
                name="detection_error",
            ),
        ),
        migrations.AddIndex(
            model_name="detection",
            index=models.Index(
                models.F("source"),
                models.OrderBy(models.F("taken_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("source", "REGISTER"), _negated=True),
                name="detection_source",
            ),
        ),
        migrations.AddField(
            model_name="export",
            name="author",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="exports",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="savedview",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="saved_views",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(
                models.F("author"),
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="export_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(
                models.F("created_at"), condition=models.Q(("ended_at__isnull", True)), name="export_open"
            ),
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(
                models.F("expires_at"),
                condition=models.Q(("expires_at__isnull", False)),
                name="export_expires",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at__isnull", True),
                        ("expires_at__isnull", True),
                        ("state__in", ["RUNNING", "WAITING"]),
                    ),
                    models.Q(
                        models.Q(("state__in", ["RUNNING", "WAITING"]), _negated=True),
                        ("ended_at__isnull", False),
                        ("expires_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="export_ended_expires",
            ),
        ),
        migrations.AddIndex(
            model_name="savedview",
            index=models.Index(
                models.F("name"), condition=models.Q(("is_shared", True)), name="saved_view_shared"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(fields=("owner", "name"), name="saved_view_name_once"),
        ),
    ]
