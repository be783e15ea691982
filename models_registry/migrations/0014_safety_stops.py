"""What AWS holds to stop models by itself, whose it is, and when each deployment's model should stop."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from portal.base.audit.operations import audit

SEEN = [
    "synced_at", "error_code", "error_message", "failing_since", "created_at", "safety_error_code",
    "safety_error_message", "safety_failing_since", "safety_tried_at", "safety_rivals",
]  # fmt: skip
NOTE_CONNECTION = """
CREATE FUNCTION kamado_note_connection() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO models_registry_ruleschange (deployment_id)
    SELECT d.id FROM models_registry_deployment d
    JOIN changed c ON c.id = d.connection_id JOIN past p ON p.id = c.id
    WHERE (c.safety_stop, c.safety_margin_minutes) IS DISTINCT FROM (p.safety_stop, p.safety_margin_minutes);
    RETURN NULL;
END $$;
CREATE TRIGGER kamado_note_connection AFTER UPDATE ON models_registry_connection
    REFERENCING OLD TABLE AS past NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION kamado_note_connection();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("models_registry", "0013_safety_stop_of_connections"),
    ]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="safety_error_code",
            field=models.CharField(blank=True, editable=False, max_length=40),
        ),
        migrations.AddField(
            model_name="connection",
            name="safety_error_message",
            field=models.TextField(blank=True, editable=False, verbose_name="safety stop cannot be armed"),
        ),
        migrations.AddField(
            model_name="connection",
            name="safety_failing_since",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="connection",
            name="safety_rivals",
            field=models.CharField(
                blank=True, editable=False, max_length=200, verbose_name="other portals in the group"
            ),
        ),
        migrations.AddField(
            model_name="connection",
            name="safety_tried_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="deploymentstate",
            name="safety_stops_at",
            field=models.DateTimeField(
                help_text="When AWS should stop the model by itself; empty where it should not.", null=True
            ),
        ),
        migrations.CreateModel(
            name="Installation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("identity", models.UUIDField(default=uuid.uuid4, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
            ],
            options={
                "verbose_name": "installation",
                "verbose_name_plural": "installations",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="installation_one_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="SafetyStop",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=64, verbose_name="schedule")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ARMED", "armed"),
                            ("UNARMED", "not armed"),
                            ("REMOVED", "removed"),
                            ("FIRED", "carried out"),
                        ],
                        default="REMOVED",
                        max_length=7,
                        verbose_name="state",
                    ),
                ),
                ("stops_at", models.DateTimeField(null=True, verbose_name="stops")),
                ("asked_stops_at", models.DateTimeField(null=True)),
                ("asked_at", models.DateTimeField(null=True, verbose_name="asked")),
                ("armed_at", models.DateTimeField(null=True, verbose_name="armed")),
                ("checked_at", models.DateTimeField(null=True, verbose_name="last checked")),
                ("fired_at", models.DateTimeField(null=True, verbose_name="carried out")),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("retry_after", models.DateTimeField(null=True)),
                ("error_code", models.CharField(blank=True, max_length=40)),
                ("error_message", models.TextField(blank=True, verbose_name="error")),
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="safety_stop",
                        to="models_registry.modelversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "safety stop",
                "verbose_name_plural": "safety stops",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "ARMED"), _negated=True),
                            ("stops_at__isnull", False),
                            _connector="OR",
                        ),
                        name="safety_armed_has_instant",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ("REMOVED", "FIRED")), _negated=True),
                            ("stops_at__isnull", True),
                            _connector="OR",
                        ),
                        name="safety_over_holds_nothing",
                    ),
                ],
            },
        ),
        migrations.RunSQL([NOTE_CONNECTION], ["DROP FUNCTION kamado_note_connection() CASCADE"]),
        audit("models_registry_connection", names=["name"], ignored=SEEN, masked=["external_id"]),
    ]
