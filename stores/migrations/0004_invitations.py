"""Invitations by mail."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from portal.base.audit.operations import audit


class Migration(migrations.Migration):
    dependencies = [
        ("stores", "0003_holiday_desk"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="mail address")),
                (
                    "language",
                    models.CharField(
                        choices=[("ja", "日本語"), ("en", "English")],
                        max_length=5,
                        verbose_name="language of mails",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("HQ", "Headquarters"),
                            ("AREA_MANAGER", "Area manager"),
                            ("OWNER", "Store owner"),
                            ("ANALYST", "Analyst"),
                            ("VIEWER", "Viewer"),
                        ],
                        max_length=12,
                        verbose_name="role",
                    ),
                ),
                ("nonce", models.CharField(max_length=32)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="invited",
                    ),
                ),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent")),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
                ("accepted_at", models.DateTimeField(null=True, verbose_name="accepted")),
                ("withdrawn_at", models.DateTimeField(null=True, verbose_name="withdrawn")),
                (
                    "area",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="stores.area",
                        verbose_name="area",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="stores.store",
                        verbose_name="store",
                    ),
                ),
            ],
            options={
                "verbose_name": "invitation",
                "verbose_name_plural": "invitations",
                "indexes": [
                    models.Index(
                        models.OrderBy(models.F("created_at"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("accepted_at__isnull", True), ("withdrawn_at__isnull", True)),
                        name="invitation_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("area__isnull", True), ("store__isnull", True), _connector="OR"),
                        name="invitation_one_scope",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("accepted_at__isnull", True), ("withdrawn_at__isnull", True), _connector="OR"
                        ),
                        name="invitation_ends_once",
                    ),
                ],
            },
        ),
        audit("stores_invitation", names=["email"], ignored=["created_at", "sent_at", "nonce"]),
    ]
