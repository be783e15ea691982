"""The log counted by hour, and a note of every hour whose photos change later, whoever changes them."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

# A fresh photo is inserted with `claimed_at` and settled within the hour: no note, and nothing to pay for it.
NOTE_INSERTED = """
CREATE FUNCTION kamado_note_hours() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO detections_hourtorecount (hour)
  SELECT DISTINCT date_trunc('hour', at, 'UTC') FROM changed WHERE claimed_at IS NULL;
  RETURN NULL;
END $$"""
NOTE_UPDATED = """
CREATE FUNCTION kamado_note_hour() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO detections_hourtorecount (hour) VALUES (date_trunc('hour', NEW.at, 'UTC'));
  RETURN NULL;
END $$"""
TRIGGER_INSERTED = """
CREATE TRIGGER kamado_note_hours AFTER INSERT ON detections_detection
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION kamado_note_hours()"""
TRIGGER_UPDATED = """
CREATE TRIGGER kamado_note_hour AFTER UPDATE ON detections_detection FOR EACH ROW
WHEN (OLD.is_corrected <> NEW.is_corrected
      OR (OLD.outcome <> NEW.outcome
          AND (NEW.claimed_at IS NULL OR NEW.outcome = 'INTERRUPTED'
               OR NEW.claimed_at > NEW.at + interval '1 hour')))
EXECUTE FUNCTION kamado_note_hour()"""


class Migration(migrations.Migration):
    dependencies = [
        ("detections", "0001_initial"),
        ("stores", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="HourToRecount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hour", models.DateTimeField()),
            ],
            options={
                "verbose_name": "hour to recount",
                "verbose_name_plural": "hours to recount",
            },
        ),
        migrations.CreateModel(
            name="StoreHour",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hour", models.DateTimeField(verbose_name="hour")),
                ("requests", models.PositiveIntegerField()),
                ("answered", models.PositiveIntegerField()),
                ("failed", models.PositiveIntegerField()),
                ("slow", models.PositiveIntegerField()),
                ("near_miss", models.PositiveIntegerField()),
                ("ask", models.PositiveIntegerField()),
                ("corrected", models.PositiveIntegerField()),
                ("shown", models.PositiveIntegerField()),
                ("total_ms", models.PositiveBigIntegerField()),
                ("rekognition_ms", models.PositiveBigIntegerField()),
                ("errors", models.JSONField(default=dict)),
                ("latency", models.JSONField(default=dict)),
                ("rekognition", models.JSONField(default=dict)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="stores.store",
                    ),
                ),
            ],
            options={
                "verbose_name": "hour of a store",
                "verbose_name_plural": "hours of stores",
                "indexes": [
                    models.Index(
                        fields=["hour", "store"],
                        include=(
                            "requests",
                            "answered",
                            "failed",
                            "slow",
                            "near_miss",
                            "ask",
                            "corrected",
                            "shown",
                            "total_ms",
                            "rekognition_ms",
                        ),
                        name="store_hour_counts",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("store", "hour"), name="store_hour_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "requests__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("answered"), "+", models.F("failed")
                                ),
                            )
                        ),
                        name="store_hour_adds_up",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            [NOTE_INSERTED, NOTE_UPDATED, TRIGGER_INSERTED, TRIGGER_UPDATED],
            ["DROP FUNCTION kamado_note_hours() CASCADE", "DROP FUNCTION kamado_note_hour() CASCADE"],
        ),
    ]
