from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("detections", "0005_history")]

    operations = [migrations.RenameField("batch", "zip_key", "source_key")]
