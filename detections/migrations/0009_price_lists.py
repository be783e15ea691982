"""A bread may be sold in some stores only, and a photo with one that a store does not sell is a risk of its own.

A generated column cannot be changed: it is dropped with its indexes and made anew.
"""

from django.db import migrations, models
from django.db.models import F, Q

UNREVIEWED = Q(verdict="", outcome="ANSWERED", pruned_at__isnull=True) & ~Q(picture_key="")
ORDER = (F("risk"), F("smallest_margin"), F("taken_at").desc(), F("id").desc())


class Migration(migrations.Migration):
    dependencies = [
        ("detections", "0008_second_opinion"),
        ("stores", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="product",
            name="areas",
            field=models.ManyToManyField(
                blank=True,
                help_text="Sold only in these areas and stores; everywhere if none is named.",
                related_name="+",
                to="stores.area",
                verbose_name="areas",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="stores",
            field=models.ManyToManyField(
                blank=True, related_name="+", to="stores.store", verbose_name="stores"
            ),
        ),
        migrations.AddField(
            model_name="detection",
            name="is_unlisted",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="with a bread not on sale in that store"
            ),
        ),
        migrations.RemoveIndex(model_name="detection", name="detection_risk"),
        migrations.RemoveIndex(model_name="detection", name="detection_store_risk"),
        migrations.RemoveField(model_name="detection", name="risk"),
        migrations.AddField(
            model_name="detection",
            name="risk",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(is_corrected=True, then=models.Value(0)),
                    models.When(ask_count__gt=0, then=models.Value(1)),
                    models.When(smallest_margin__lte=5.0, then=models.Value(2)),
                    models.When(is_unlisted=True, then=models.Value(3)),
                    models.When(smallest_margin__isnull=False, then=models.Value(4)),
                    default=models.Value(5),
                ),
                output_field=models.PositiveSmallIntegerField(),
            ),
        ),
        migrations.AddIndex(
            model_name="detection",
            index=models.Index(*ORDER, name="detection_risk", condition=UNREVIEWED),
        ),
        migrations.AddIndex(
            model_name="detection",
            index=models.Index(F("store"), *ORDER, name="detection_store_risk", condition=UNREVIEWED),
        ),
    ]
