"""Thresholds, settings of detection, products and registers' keys are in the audit trail."""

from django.db import migrations

from portal.base.audit.operations import audit


class Migration(migrations.Migration):
    dependencies = [("detections", "0010_training"), ("models_registry", "0007_audit")]
    operations = [
        audit("detections_thresholdset", names=["number"]),
        audit("detections_detectionsettings"),
        audit("detections_product", names=["label", "name_ja"]),
        audit("detections_product_areas"),
        audit("detections_product_stores"),
        audit(
            "detections_apikey",
            names=["name"],
            ignored=["created_at", "last_used_at", "secret_digest"],
        ),
    ]
